"""What torrents are made of."""

import filecmp
import os

import clients  # noqa: F401  (it knows where support is)
from support import made, seeded

KIB = 1024
SMALL_FILE_COUNT = 5000

# No ?, for which Transmission asks as _.
ODD = {
    "with space.txt": 70000,
    "50% off + #1.txt": 65536,
    "ümläut/文字.txt": 12345,
    "a/b/c/deep.bin": 1,
    "a+b/c d/e%20f": 40000,
    "empty": 0,
    "z/empty": 0,
}
# Nothing but the last file ends within a piece of 64 KiB, so that no padding is needed.
ALIGNED = {"a/one": 192 * KIB, "a/two": 64 * KIB, "b and c": 128 * KIB, "d": 100000}


class Content:
    """Files below `root`, in a directory, or one file, called `name`."""

    def __init__(self, root, name, files):
        self.root = root
        self.name = name
        self.path = os.path.join(root, name)
        self.is_directory = isinstance(files, dict)
        paths = {os.path.join(name, at): files[at] for at in files} if self.is_directory else {name: files}
        for number, (path, size) in enumerate(sorted(paths.items())):
            whole = os.path.join(root, path)
            os.makedirs(os.path.dirname(whole), exist_ok=True)
            made.make_file(whole, size, seed=number)
        self.sizes = paths

    def ordered(self):
        """(path, size), depth first, names as bytes."""
        return sorted(self.sizes.items(), key=lambda item: [part.encode() for part in item[0].split("/")])

    def must_be_in(self, directory):
        for path, size in self.sizes.items():
            found = os.path.join(directory, path)
            assert os.path.isfile(found) or (size == 0 and not os.path.exists(found)), f"{path} is missing"
            if size:
                assert filecmp.cmp(os.path.join(self.root, path), found, shallow=False), f"{path} has other bytes"


def one_file(root):
    return Content(root, "one file + 100%.bin", 5_000_001)


def odd_names(root):
    return Content(root, "odd names + 100%", ODD)


def lone_file(root):
    """A directory all the same. libtorrent 2.0.8 asks for lone/lone/..., so it can't be asked to download this."""
    return Content(root, "lone", {"the only one": 100000})


def aligned(root):
    return Content(root, "aligned", ALIGNED)


def small_files(root):
    sizes = seeded(1)
    return Content(root, "small", {f"{i // 100:02}/{i:04}": sizes.randint(0, 4000) for i in range(SMALL_FILE_COUNT)})
