"""What the tests ask of libtorrent. Runs by itself, with the Python that Debian's binding is for.

describe TORRENT...               a JSON object for each: what libtorrent finds in it
fetch TORRENT DIRECTORY           downloads from its web seeds alone
create FORMAT LENGTH PATH TORRENT URL    FORMAT: v1, v2 or hybrid
"""

import json
import os
import sys

import libtorrent

FLAGS = {"v1": "v1_only", "v2": "v2_only", "hybrid": ""}


def describe(path):
    info = libtorrent.torrent_info(path)
    hashes, files = info.info_hashes(), info.files()
    return {
        "name": info.name(),
        "v1": str(hashes.v1) if hashes.has_v1() else None,
        "v2": str(hashes.v2) if hashes.has_v2() else None,
        "piece_length": info.piece_length(),
        "pieces": info.num_pieces(),
        "total_size": info.total_size(),
        "files": [
            (files.file_path(i), files.file_size(i), bool(files.file_flags(i) & libtorrent.file_flags_t.flag_executable))
            for i in range(files.num_files())
            if not files.file_flags(i) & libtorrent.file_flags_t.flag_pad_file
        ],
        "web_seeds": [seed["url"] for seed in info.web_seeds()],
        "comment": info.comment(),
        "private": info.priv(),
    }


def fetch(path, directory):
    session = libtorrent.session(
        {
            "listen_interfaces": "127.0.0.1:0",
            "enable_dht": False,
            "enable_lsd": False,
            "enable_upnp": False,
            "enable_natpmp": False,
            "enable_incoming_utp": False,
            "enable_outgoing_utp": False,
            "alert_mask": libtorrent.alert.category_t.error_notification
            | libtorrent.alert.category_t.status_notification
            | libtorrent.alert.category_t.peer_notification,
        }
    )
    parameters = libtorrent.add_torrent_params()
    parameters.ti = libtorrent.torrent_info(path)
    parameters.save_path = directory
    # Else it waits for its turn in a queue that is looked at twice a second.
    parameters.flags &= ~(libtorrent.torrent_flags.auto_managed | libtorrent.torrent_flags.paused)
    handle = session.add_torrent(parameters)
    bad = (
        libtorrent.file_error_alert,
        libtorrent.torrent_error_alert,
        libtorrent.url_seed_alert,
        libtorrent.hash_failed_alert,
    )
    while not handle.status().is_seeding:
        session.wait_for_alert(50)
        for alert in session.pop_alerts():
            if isinstance(alert, bad):
                sys.exit(alert.message())


def create(form, piece_length, path, torrent, url):
    files = libtorrent.file_storage()
    libtorrent.add_files(files, path)
    flags = getattr(libtorrent.create_torrent, FLAGS[form], 0) if FLAGS[form] else 0
    made = libtorrent.create_torrent(files, int(piece_length), int(flags))
    made.add_url_seed(url)
    libtorrent.set_piece_hashes(made, os.path.dirname(path))
    with open(torrent, "wb") as file:
        file.write(libtorrent.bencode(made.generate()))


if __name__ == "__main__":
    task, *arguments = sys.argv[1:]
    if task == "describe":
        for argument in arguments:
            print(json.dumps(describe(argument)))
    elif task == "fetch":
        fetch(*arguments)
    else:
        create(*arguments)
