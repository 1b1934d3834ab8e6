#include "file_attributes.hpp"

#include "disk_name.hpp"

namespace webseed::torrent {

using bencode::kind;

error_code read_attributes(fields const& keys, file_entry& file)
{
    auto const letters = keys.find("attr", kind::string);
    if (!letters)
        return letters.error();
    if (!*letters)
        return {};
    auto const has = [text = letters->string()](char letter) { return text.find(letter) != text.npos; };
    file.link = has('l');
    file.pad = !file.link && has('p');
    file.executable = has('x');
    file.hidden = has('h');
    return {};
}

boost::system::result<std::string> read_link_target(fields const& keys, metainfo_limits const& limits)
{
    auto const names = keys.find("symlink path", kind::list);
    if (!names)
        return names.error();
    if (names->size() > limits.path_depth_max)
        return keys.refuse(errc::torrent_invalid, "symlink path", "is deeper than allowed");
    std::string target;
    bool is_allowed = true;
    for (auto name = names->first(); name; name = name.next())
    {
        if (!name.is(kind::string))
            return keys.refuse(errc::torrent_invalid, "symlink path", "an element is not a string");
        is_allowed = is_allowed && !is_traversal(name.string());
        auto const element = disk_name(name.string());
        if (!element.empty())
            target.append(target.empty() ? "" : "/").append(element);
    }
    return is_allowed ? target : std::string();
}

} // namespace webseed::torrent
