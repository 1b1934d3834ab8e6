"""What is downloaded: files of pseudo-random bytes, and what clients are told of them: a torrent, the floor's plan, a
metalink, curl's list."""

import dataclasses
import hashlib
import os
import random
import shutil
import subprocess

BLOCK = 1 << 20


@dataclasses.dataclass
class Content:
    """Files below `root`: one called `name`, or all those of the directory `name`."""

    root: str
    name: str
    piece_length: int

    @property
    def path(self):
        return os.path.join(self.root, self.name)


def make_file(path, size, seed):
    source = random.Random(seed)
    with open(path, "wb") as file:
        while size:
            count = min(size, BLOCK)
            file.write(source.randbytes(count))
            size -= count


def make_one_file(root, name, size, piece_length):
    path = os.path.join(root, name)
    if not os.path.exists(path):  # scenarios of the same size share it
        make_file(path, size, seed=size)
    return Content(root, name, piece_length)


def make_small_files(root, name, count, piece_length):
    """Files of 8 to 24 KiB, 100 in each directory."""
    sizes = random.Random(count)
    if os.path.exists(os.path.join(root, name)):
        return Content(root, name, piece_length)
    for i in range(count):
        directory = os.path.join(root, name, f"{i // 100:03}")
        if i % 100 == 0:
            os.makedirs(directory)
        make_file(os.path.join(directory, f"{i:05}.bin"), sizes.randint(8 << 10, 24 << 10), seed=i)
    return Content(root, name, piece_length)


def make_torrent(content, urls, path, name=None):
    """`name`: what the torrent calls it, if not as it is called."""
    if os.path.exists(path):
        os.remove(path)  # mktorrent doesn't
    if content.piece_length < 1 << 15:  # less than mktorrent can
        command = ["transmission-create", "-s", str(content.piece_length >> 10), "-o", path, content.path]
    else:
        exponent = str(content.piece_length.bit_length() - 1)
        seeds = ",".join(urls)
        command = ["mktorrent", "-l", exponent, "-n", name or content.name, "-w", seeds, "-o", path, content.path]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}")
    if command[0] == "transmission-create":
        add_web_seeds(path, urls)


def add_web_seeds(path, urls):
    """Its key is the last one of a torrent without seeds, so nothing else changes."""
    with open(path, "r+b") as file:
        file.seek(-1, os.SEEK_END)
        items = "".join(f"{len(url)}:{url}" for url in urls)
        file.write(f"8:url-listl{items}ee".encode())


def decode(data, at=0):
    """The bencoded value at an offset, and the offset behind it."""
    kind = data[at : at + 1]
    if kind == b"i":
        end = data.index(b"e", at)
        return int(data[at + 1 : end]), end + 1
    if kind in (b"l", b"d"):
        items = []
        at += 1
        while data[at : at + 1] != b"e":
            item, at = decode(data, at)
            items.append(item)
        return (dict(zip(items[::2], items[1::2])) if kind == b"d" else items), at + 1
    colon = data.index(b":", at)
    end = colon + 1 + int(data[at:colon])
    return data[colon + 1 : end], end


def files_of(torrent_path):
    """(path below the target directory, size) of each file, in order, without pad files; then the info dictionary."""
    with open(torrent_path, "rb") as file:
        info = decode(file.read())[0][b"info"]
    name = info[b"name"].decode()
    if b"pieces" not in info:
        tree = info[b"file tree"]
        is_one_file = len(tree) == 1 and b"" in next(iter(tree.values()))
        return list(files_of_tree(tree, [] if is_one_file else [name])), info
    if b"length" in info:
        return [(name, info[b"length"])], info
    files = [file for file in info[b"files"] if b"p" not in file.get(b"attr", b"")]
    return [("/".join([name, *(p.decode() for p in f[b"path"])]), f[b"length"]) for f in files], info


def files_of_tree(tree, above):
    """The same of a v2 tree, or of a directory in it. `above`: the names on the way to it."""
    for name, entry in tree.items():
        path = [*above, name.decode()]
        if b"" in entry:
            yield "/".join(path), entry[b""][b"length"]
        else:
            yield from files_of_tree(entry, path)


def hashes_of(torrent_path):
    """The hash of each piece as hexadecimal digits; of a hybrid, which must be of one file as in v2, both."""
    with open(torrent_path, "rb") as file:
        torrent = decode(file.read())[0]
    v1, layers = torrent[b"info"].get(b"pieces", b""), b"".join(torrent.get(b"piece layers", {}).values())
    count = max(len(v1) // 20, len(layers) // 32)
    return [v1[20 * i : 20 * i + 20].hex() + layers[32 * i : 32 * i + 32].hex() for i in range(count)]


def write_plan(torrent_path, plan_path):
    files, info = files_of(torrent_path)
    hashes = hashes_of(torrent_path)
    with open(plan_path, "w", encoding="utf-8") as plan:
        print(info[b"piece length"], len(files), len(hashes), file=plan)
        for name, size in files:
            print(size, "/" + name, name, file=plan)
        print("\n".join(hashes), file=plan)


def write_metalink(content, files, urls, path):
    """RFC 5854, with the hashes of each file's pieces. `files`: as files_of() has them; `urls`: of the servers."""
    with open(path, "w", encoding="utf-8") as metalink:
        print('<?xml version="1.0" encoding="UTF-8"?><metalink xmlns="urn:ietf:params:xml:ns:metalink">', file=metalink)
        for name, size in files:
            print(f'<file name="{name}"><size>{size}</size><pieces length="{content.piece_length}" type="sha-1">', file=metalink)
            with open(os.path.join(content.root, name), "rb") as file:
                while piece := file.read(content.piece_length):
                    print(f"<hash>{hashlib.sha1(piece).hexdigest()}</hash>", file=metalink)
            print("</pieces>", *(f"<url>{url}{name}</url>" for url in urls), "</file>", file=metalink)
        print("</metalink>", file=metalink)


def write_list(files, urls, path):
    """What curl reads: each file, from the first server."""
    with open(path, "w", encoding="utf-8") as config:
        for name, _ in files:
            print(f'url = "{urls[0]}{name}"\noutput = "{name}"', file=config)


def write_sums(content, files, path):
    """What sha1sum --check reads."""
    with open(path, "w", encoding="utf-8") as sums:
        for name, _ in files:
            with open(os.path.join(content.root, name), "rb") as file:
                print(f"{hashlib.file_digest(file, 'sha1').hexdigest()}  {name}", file=sums)


def first_difference(content, torrent_path, directory):
    """The first file below `directory` that is not the content's, byte for byte; None if all are."""
    for name, size in files_of(torrent_path)[0]:
        path = os.path.join(directory, name)
        if not os.path.isfile(path):
            return f"{name} is missing"
        if os.path.getsize(path) != size:
            return f"{name} has another size"
        with open(os.path.join(content.root, name), "rb") as wanted, open(path, "rb") as found:
            while block := wanted.read(BLOCK):
                if block != found.read(BLOCK):
                    return f"{name} has other bytes"
    return None


def warm_memory(directory, size):
    """Takes and frees as many bytes of memory as a client is about to fill. A virtual machine may have to ask its host
    for them first, and that takes longer than all that is to be measured: nobody is to pay for it."""
    path = os.path.join(directory, "warm")
    block = bytes(BLOCK)
    with open(path, "wb") as file:
        for _ in range(-(-size // BLOCK)):
            file.write(block)
    os.remove(path)


def fresh_directory(path):
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path
