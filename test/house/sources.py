"""The project's own files."""

import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOP = [".ci", "app", "bench", "examples", "include", "lib", "scripts", "subprojects", "test"]
CPP = (".cpp", ".hpp")


def paths(directories=TOP, endings=()):
    """Paths of files relative to the root, sorted; those right at the root too if all of TOP is asked for."""
    found = []
    if directories is TOP:
        found = [name for name in os.listdir(ROOT) if os.path.isfile(os.path.join(ROOT, name))]
    for directory in directories:
        for at, names, files in os.walk(os.path.join(ROOT, directory)):
            names[:] = [name for name in names if name != "__pycache__"]
            if directory == "subprojects":  # sources that the wraps brought are not ours
                names[:] = [name for name in names if name == "packagefiles" or "packagefiles" in at]
            found += [os.path.relpath(os.path.join(at, name), ROOT) for name in files]
    return sorted(path for path in found if not endings or path.endswith(endings))


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()
