// The parser against a second one, which is slow, recursive and short enough to be seen right; and its memory.
#include "torrent/bencode.hpp"
#include "fuzz/allocations.hpp"
#include "fuzz/input.hpp"

#include <set>
#include <string>
#include <vector>

namespace webseed::test {

namespace bencode = torrent::bencode;

namespace {

struct tree
{
    bencode::kind kind{};
    std::int64_t integer = 0;
    std::string_view string;
    std::size_t begin = 0;
    std::size_t end = 0;
    std::vector<std::string_view> keys; // of a dictionary, one for each item
    std::vector<tree> items;
};

// Takes the grammar word by word. After the first fault nothing that it says counts but is_right().
class reference
{
public:
    reference(std::string_view text, bencode::limits const& bounds)
        : text_(text)
        , bounds_(bounds)
        , root_(value(0))
    {
        auto const rest = text_.substr(at_);
        demand(rest.empty() || rest == "\n" || rest == "\r\n");
        is_canonical_ = is_canonical_ && rest.empty();
    }

    bool is_right() const noexcept { return is_right_; }
    tree const& root() const noexcept { return root_; }
    bool is_canonical() const noexcept { return is_canonical_; }

private:
    void demand(bool condition) { is_right_ = is_right_ && condition; }

    char peek()
    {
        demand(at_ != text_.size());
        return is_right_ ? text_[at_] : 'e';
    }

    char take()
    {
        auto const c = peek();
        if (is_right_)
            ++at_;
        return c;
    }

    // Digits without a leading zero.
    std::string digits()
    {
        std::string taken;
        while (peek() >= '0' && peek() <= '9')
            taken += take();
        demand(!taken.empty() && (taken[0] != '0' || taken.size() == 1));
        return taken;
    }

    std::int64_t integer()
    {
        auto const is_negative = peek() == '-';
        if (is_negative)
            take();
        auto const taken = digits();
        demand(taken.size() <= 19 && (!is_negative || taken != "0"));
        if (!is_right_)
            return 0;
        __extension__ __int128 number = 0;
        for (auto const digit : taken)
            number = number * 10 + (digit - '0');
        number = is_negative ? -number : number;
        demand(number == static_cast<std::int64_t>(number) && take() == 'e');
        return static_cast<std::int64_t>(number);
    }

    std::string_view string()
    {
        auto const taken = digits();
        demand(take() == ':' && taken.size() <= 10);
        auto const size = is_right_ ? std::stoull(taken) : 0;
        demand(size <= text_.size() - at_);
        if (!is_right_)
            return {};
        at_ += size;
        return text_.substr(at_ - size, size);
    }

    void items(tree& container, std::size_t depth)
    {
        demand(depth < bounds_.depth_max);
        take();
        while (peek() != 'e')
        {
            if (container.kind == bencode::kind::dictionary)
                container.keys.push_back(string());
            container.items.push_back(value(depth + 1));
        }
        take();
        std::set<std::string_view> const known(container.keys.begin(), container.keys.end());
        demand(known.size() == container.keys.size());
        if (!std::ranges::is_sorted(container.keys))
            is_canonical_ = false;
    }

    tree value(std::size_t depth)
    {
        tree made;
        made.begin = at_;
        demand(++count_ <= bounds_.item_count_max);
        switch (peek())
        {
        case 'i':
            made.kind = bencode::kind::integer;
            take();
            made.integer = integer();
            break;
        case 'l':
            made.kind = bencode::kind::list;
            items(made, depth);
            break;
        case 'd':
            made.kind = bencode::kind::dictionary;
            items(made, depth);
            break;
        default:
            made.kind = bencode::kind::string;
            made.string = string();
        }
        made.end = at_;
        return made;
    }

    std::string_view text_;
    bencode::limits bounds_;
    std::size_t at_ = 0;
    std::size_t count_ = 0;
    bool is_right_ = true;
    bool is_canonical_ = true;
    tree root_;
};

void compare(bencode::value value, tree const& expected, std::string_view text)
{
    require(bool(value), "there is a value");
    for (auto const kind :
         {bencode::kind::integer, bencode::kind::string, bencode::kind::list, bencode::kind::dictionary})
        require(value.is(kind) == (kind == expected.kind), "it has one kind, the right one");
    auto const encoded = text_of(value.encoded());
    require(encoded == text.substr(expected.begin, expected.end - expected.begin), "encoded() is right");
    require(encoded.data() == text.data() + expected.begin, "encoded() lies in the text");
    require(value.offset() == expected.begin, "offset() is right");
    require(value.size() == expected.items.size(), "size() is right");
    if (expected.kind == bencode::kind::integer)
        require(value.integer() == expected.integer, "the integer is right");
    if (expected.kind == bencode::kind::string)
        require(value.string() == expected.string, "the string is right");
    auto item = value.first();
    for (std::size_t i = 0; i != expected.items.size(); ++i)
    {
        compare(item, expected.items[i], text);
        if (expected.kind == bencode::kind::dictionary)
        {
            require(item.key() == expected.keys[i], "the key is right");
            require(value.find(expected.keys[i]).offset() == expected.items[i].begin, "find() finds it");
        }
        item = item.next();
    }
    require(!item, "next() ends");
    require(!value.find("no such key anywhere"), "find() finds nothing else");
}

void check(std::string_view text, bencode::limits const& bounds)
{
    std::span<std::byte const> const bytes(reinterpret_cast<std::byte const*>(text.data()), text.size());
    diagnostics cause;
    boost::system::result<bencode::document> parsed = error_code();
    {
        allocation_peak const peak;
        parsed = bencode::document::parse(bytes, bounds, &cause);
        require(peak.bytes() <= 64 * text.size() + 16384, "memory is bounded by the input");
    }
    reference const expected(text, bounds);
    if (expected.is_right())
    {
        require(parsed.has_value(), "what is right is accepted");
        require(parsed->is_canonical() == expected.is_canonical(), "is_canonical() is right");
        compare(parsed->root(), expected.root(), text);
        return;
    }
    require(!parsed, "what is wrong is refused");
    require(parsed.error() == errc::bencode_invalid, "with the right error");
    require(cause.message.starts_with("byte "), "and the place of it");
    require(!bencode::document::parse(bytes, bounds), "also without a cause");
}

} // namespace

void fuzz(std::span<std::byte const> bytes)
{
    check(text_of(bytes), {});
    bencode::limits tight;
    tight.depth_max = 2;
    tight.item_count_max = 8;
    check(text_of(bytes), tight);
}

} // namespace webseed::test
