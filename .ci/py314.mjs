// Run core's tests in Pyodide: py314.mjs FOLDER_WITH_node_modules_AND_site REPOSITORY [PYTEST_ARGUMENTS]
import { writeSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [folder, repository, ...rest] = process.argv.slice(2).map((a, i) => (i < 2 ? path.resolve(a) : a));
const entry = path.join(folder, "node_modules", "pyodide", "pyodide.mjs");
const { loadPyodide } = await import(pathToFileURL(entry));

const python = await loadPyodide();
python.setStdout({ write: (bytes) => writeSync(1, bytes) });
python.setStderr({ write: (bytes) => writeSync(2, bytes) });
const mount = (at, root) => {
  python.FS.mkdirTree(at);
  python.FS.mount(python.FS.filesystems.NODEFS, { root }, at);
};
mount("/site", path.join(folder, "site"));
mount("/repository", repository);
python.globals.set("rest", python.toPy(rest));
process.exit(
  python.runPython(`
import os, sys
sys.dont_write_bytecode = True
sys.path[:0] = ["/site", "/repository/.ci"]
os.chdir("/repository")
import pytest
tests = list(rest) or ["packages/glacier-core/tests"]
int(pytest.main(["-q", "-p", "no:cacheprovider", "-p", "wasm", *tests]))
`),
);
