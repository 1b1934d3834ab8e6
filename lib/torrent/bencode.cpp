#include "bencode.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>

namespace webseed::torrent::bencode {
namespace {

bool is_digit(char byte) noexcept
{
    return byte >= '0' && byte <= '9';
}

/// The bytes of the string that `text`, found valid, begins with.
std::string_view leading_string(std::string_view text) noexcept
{
    std::size_t size = 0;
    auto const colon = std::from_chars(text.data(), text.data() + text.size(), size).ptr;
    return {colon + 1, size};
}

} // namespace

std::string_view value::text_from(std::size_t begin) const noexcept
{
    auto const bytes = document_->bytes_.subspan(begin);
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

bool value::is(kind wanted) const noexcept
{
    if (document_ == nullptr)
        return false;
    switch (text_from(offset()).front())
    {
    case 'i':
        return wanted == kind::integer;
    case 'l':
        return wanted == kind::list;
    case 'd':
        return wanted == kind::dictionary;
    default:
        return wanted == kind::string;
    }
}

std::int64_t value::integer() const noexcept
{
    std::int64_t number = 0;
    auto const digits = text_from(offset() + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

std::string_view value::string() const noexcept
{
    return leading_string(text_from(offset()));
}

std::span<std::byte const> value::encoded() const noexcept
{
    auto const& node = document_->nodes_[node_];
    return document_->bytes_.subspan(node.begin, node.end - node.begin);
}

std::size_t value::offset() const noexcept
{
    return document_->nodes_[node_].begin;
}

std::size_t value::size() const noexcept
{
    return document_ == nullptr ? 0 : document_->nodes_[node_].count;
}

value value::first() const noexcept
{
    return size() == 0 ? value{} : value{document_, node_ + 1};
}

value value::next() const noexcept
{
    auto const next = document_->nodes_[node_].next;
    return next == 0 ? value{} : value{document_, next};
}

std::string_view value::key() const noexcept
{
    return leading_string(text_from(document_->nodes_[node_].key));
}

value value::find(std::string_view key) const noexcept
{
    if (!is(kind::dictionary) || size() == 0)
        return {};
    auto const& nodes = document_->nodes_;
    auto item = node_ + 1;
    while (item != 0 && leading_string(text_from(nodes[item].key)) != key)
        item = nodes[item].next;
    return item == 0 ? value{} : value{document_, item};
}

/// Reads the bytes once, from front to back. Each step returns false after the first fault.
class document::parser
{
public:
    parser(document& target, limits const& bounds)
        : target_(target)
        , bounds_(bounds)
    {
        begin_ = reinterpret_cast<char const*>(target.bytes_.data());
        end_ = begin_ + target.bytes_.size();
        at_ = begin_;
    }

    bool run()
    {
        if (target_.bytes_.size() > std::numeric_limits<std::uint32_t>::max())
            return fail("more than 4 GiB");
        do
        {
            if (!read_next())
                return false;
        } while (!open_.empty());
        return read_end();
    }

    std::string message() const { return "byte " + std::to_string(position()) + ": " + fault_; }

private:
    struct container
    {
        std::uint32_t node = 0;
        bool is_dictionary = false;
        bool is_sorted = true;
        std::uint32_t last_item = 0; // 0: none yet
        std::string_view last_key = {};
    };

    bool fail(char const* fault)
    {
        fault_ = fault;
        return false;
    }

    std::uint32_t position() const { return static_cast<std::uint32_t>(at_ - begin_); }

    bool read_next()
    {
        if (!open_.empty() && at_ != end_)
        {
            if (*at_ == 'e')
                return close();
            if (open_.back().is_dictionary && !read_key())
                return false;
        }
        return read_value();
    }

    bool read_key()
    {
        auto& dictionary = open_.back();
        key_ = position();
        std::string_view key;
        if (!is_digit(*at_))
            return fail("a key that is no string");
        if (!read_string(key))
            return false;
        if (dictionary.last_item != 0 && key <= dictionary.last_key)
        {
            dictionary.is_sorted = false;
            target_.canonical_ = false;
        }
        dictionary.last_key = key;
        return true;
    }

    bool read_value()
    {
        if (at_ == end_)
            return fail("ends too early");
        if (target_.nodes_.size() >= bounds_.item_count_max)
            return fail("more values than allowed");
        auto const index = static_cast<std::uint32_t>(target_.nodes_.size());
        target_.nodes_.push_back({.begin = position(), .key = key_});
        link(index);
        if (*at_ == 'l' || *at_ == 'd')
            return open(index);
        std::string_view ignored;
        bool const good = *at_ == 'i' ? read_integer() : read_string(ignored);
        target_.nodes_[index].end = position();
        return good;
    }

    void link(std::uint32_t index)
    {
        if (open_.empty())
            return;
        auto& parent = open_.back();
        if (parent.last_item != 0)
            target_.nodes_[parent.last_item].next = index;
        parent.last_item = index;
        ++target_.nodes_[parent.node].count;
    }

    bool open(std::uint32_t index)
    {
        if (open_.size() >= bounds_.depth_max)
            return fail("nested deeper than allowed");
        open_.push_back({index, *at_ == 'd'});
        ++at_;
        return true;
    }

    bool close()
    {
        auto const& closed = open_.back();
        if (!closed.is_sorted && has_key_twice(closed.node))
            return fail("a dictionary that ends here has a key twice");
        ++at_;
        target_.nodes_[closed.node].end = position();
        open_.pop_back();
        return true;
    }

    /// Sorts, because comparing each with each would take hours for a hostile dictionary.
    bool has_key_twice(std::uint32_t index) const
    {
        value const dictionary(&target_, index);
        std::vector<std::string_view> keys;
        keys.reserve(dictionary.size());
        for (auto item = dictionary.first(); item; item = item.next())
            keys.push_back(item.key());
        std::sort(keys.begin(), keys.end());
        return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
    }

    bool read_integer()
    {
        auto const digits = at_ + (end_ - at_ > 1 && at_[1] == '-' ? 2 : 1);
        auto const is_negative = digits == at_ + 2;
        if (digits == end_ || !is_digit(*digits))
            return fail("an integer without digits");
        std::int64_t number = 0;
        auto const [stop, fault] = std::from_chars(at_ + 1, end_, number);
        if (fault != std::errc{})
            return fail("an integer beyond 64 bits");
        if (*digits == '0' && (is_negative || stop != digits + 1))
            return fail("an integer with a leading zero, or minus zero");
        if (stop == end_ || *stop != 'e')
            return fail("an integer that does not end in 'e'");
        at_ = stop + 1;
        return true;
    }

    bool read_string(std::string_view& text)
    {
        if (!is_digit(*at_))
            return fail("neither an integer, a string, a list nor a dictionary");
        std::uint64_t size = 0;
        auto const [stop, fault] = std::from_chars(at_, end_, size);
        if (*at_ == '0' && stop != at_ + 1)
            return fail("a string length with a leading zero");
        if (stop == end_ || *stop != ':')
            return fail("a string length without ':'");
        if (fault != std::errc{} || size > static_cast<std::uint64_t>(end_ - stop - 1))
            return fail("a string longer than the rest");
        text = {stop + 1, static_cast<std::size_t>(size)};
        at_ = stop + 1 + size;
        return true;
    }

    bool read_end()
    {
        std::string_view const rest(at_, static_cast<std::size_t>(end_ - at_));
        if (rest.empty())
            return true;
        target_.canonical_ = false;
        return rest == "\n" || rest == "\r\n" ? true : fail("something behind the outermost value");
    }

    document& target_;
    limits const bounds_;
    char const* begin_ = nullptr;
    char const* end_ = nullptr;
    char const* at_ = nullptr;
    std::uint32_t key_ = 0; // where the key of the next value begins
    std::vector<container> open_;
    char const* fault_ = "";
};

boost::system::result<document>
document::parse(std::span<std::byte const> bytes, limits const& bounds, diagnostics* cause)
{
    document parsed;
    parsed.bytes_ = bytes;
    parser reader(parsed, bounds);
    if (reader.run())
        return parsed;
    if (cause != nullptr)
    {
        *cause = {};
        cause->message = reader.message();
    }
    return errc::bencode_invalid;
}

value document::root() const noexcept
{
    return {this, 0};
}

} // namespace webseed::torrent::bencode
