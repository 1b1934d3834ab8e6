#include "fields.hpp"

#include <utility>

namespace webseed::torrent {
namespace {

char const* name_of(bencode::kind kind) noexcept
{
    switch (kind)
    {
    case bencode::kind::integer:
        return "an integer";
    case bencode::kind::string:
        return "a string";
    case bencode::kind::list:
        return "a list";
    case bencode::kind::dictionary:
        return "a dictionary";
    }
    return "a value";
}

} // namespace

error_code complain(diagnostics* cause, errc code, std::string message)
{
    if (cause != nullptr)
    {
        *cause = {};
        cause->message = std::move(message);
    }
    return code;
}

std::string place(std::string_view name, bencode::value value)
{
    return std::string(name) + " at byte " + std::to_string(value.offset());
}

fields::fields(bencode::value dictionary, std::string_view name, diagnostics* cause) noexcept
    : dictionary_(dictionary)
    , name_(name)
    , cause_(cause)
{}

fields::fields(bencode::value dictionary, std::string_view list, std::size_t index, diagnostics* cause) noexcept
    : dictionary_(dictionary)
    , name_(list)
    , index_(index)
    , cause_(cause)
{}

boost::system::result<bencode::value> fields::find(std::string_view key, bencode::kind wanted) const
{
    auto const value = dictionary_.find(key);
    if (value && !value.is(wanted))
        return refuse(errc::torrent_invalid, key, std::string("is not ") + webseed::torrent::name_of(wanted));
    return value;
}

boost::system::result<bencode::value> fields::require(std::string_view key, bencode::kind wanted) const
{
    auto const value = find(key, wanted);
    if (value && !*value)
        return refuse(errc::torrent_invalid, "has no " + std::string(key));
    return value;
}

error_code fields::refuse(errc code, std::string_view what) const
{
    return complain(
        cause_, code, place(name_.empty() ? "the torrent" : name(), dictionary_) + ": " + std::string(what));
}

error_code fields::refuse(errc code, std::string_view key, std::string_view what) const
{
    return complain(cause_, code, place(name_of(key), dictionary_.find(key)) + ": " + std::string(what));
}

std::string fields::name() const
{
    std::string text(name_);
    if (index_)
        text.append("[").append(std::to_string(*index_)).append("]");
    return text;
}

std::string fields::name_of(std::string_view key) const
{
    return name_.empty() ? std::string(key) : name() + "." + std::string(key);
}

} // namespace webseed::torrent
