"""The measurements that need a process of their own; imported one at a time."""
