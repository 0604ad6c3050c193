"""What a client asks AWS of a deployed pipeline; boto3 is imported when it asks first.

==========  ==================================================================
module      noun
==========  ==================================================================
session     who asks, and what AWS answers when it refuses
stores      the stores of a deployed pipeline, opened by who asks
machine     the state machine that conducts runs
history     what the history of an execution says of tasks that died
cloudwatch  the logs of tasks
==========  ==================================================================
"""

from __future__ import annotations

__all__: list[str] = []
