"""libtorrent as a client of web seeds, with the best settings that a sweep found: TORRENT DIRECTORY."""

import sys

import libtorrent

session = libtorrent.session(
    {
        "listen_interfaces": "127.0.0.1:0",
        "enable_dht": False,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        "enable_incoming_utp": False,
        "enable_outgoing_utp": False,
        "alert_mask": libtorrent.alert.category_t.error_notification | libtorrent.alert.category_t.status_notification,
        "max_queued_disk_bytes": 64 << 20,
        "max_peer_recv_buffer_size": 16 << 20,
        "recv_socket_buffer_size": 4 << 20,
        "hashing_threads": 2,
        "aio_threads": 4,
    }
)
parameters = libtorrent.add_torrent_params()
parameters.ti = libtorrent.torrent_info(sys.argv[1])
parameters.save_path = sys.argv[2]
# Else it waits for its turn in a queue that is looked at twice a second.
parameters.flags &= ~(libtorrent.torrent_flags.auto_managed | libtorrent.torrent_flags.paused)
handle = session.add_torrent(parameters)
while not handle.status().is_seeding:
    session.wait_for_alert(50)
    for alert in session.pop_alerts():
        if isinstance(alert, (libtorrent.file_error_alert, libtorrent.torrent_error_alert)):
            sys.exit(alert.message())
