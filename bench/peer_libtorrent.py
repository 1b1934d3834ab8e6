"""libtorrent as a client of web seeds: default|tuned TORRENT DIRECTORY.

default  as it comes, but that it talks to nobody else
tuned    with the settings that were found to be the fastest: buffers and threads as large as still helps
"""

import sys

import libtorrent

ALONE = {
    "listen_interfaces": "127.0.0.1:0",
    "enable_dht": False,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "alert_mask": libtorrent.alert.category_t.error_notification | libtorrent.alert.category_t.status_notification,
}
TUNED = {
    "enable_incoming_utp": False,
    "enable_outgoing_utp": False,
    "out_enc_policy": 2,  # none
    "in_enc_policy": 2,
    "max_queued_disk_bytes": 64 << 20,
    "max_peer_recv_buffer_size": 64 << 20,
    "recv_socket_buffer_size": 16 << 20,
    "hashing_threads": 2,
    "aio_threads": 4,
}
LIMITS = {"max_decode_tokens": 10**7, "max_buffer_size": 10**8, "max_pieces": 10**7}

kind, torrent, directory = sys.argv[1:]
session = libtorrent.session(ALONE | (TUNED if kind == "tuned" else {}))
parameters = libtorrent.add_torrent_params()
parameters.ti = libtorrent.torrent_info(torrent, LIMITS)
parameters.save_path = directory
# Else it waits for its turn in a queue that is looked at twice a second.
parameters.flags &= ~(libtorrent.torrent_flags.auto_managed | libtorrent.torrent_flags.paused)
handle = session.add_torrent(parameters)
while not handle.status().is_seeding:
    session.wait_for_alert(50)
    for alert in session.pop_alerts():
        if isinstance(alert, (libtorrent.file_error_alert, libtorrent.torrent_error_alert)):
            sys.exit(alert.message())
