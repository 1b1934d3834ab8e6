// Where mirrors send those who ask: to where it is, and to where nobody should follow.
#include "sim/mirror.hpp"

#include <iterator>
#include <utility>

namespace webseed::test::sim {

namespace {

std::string scheme_of(mirror_manner const& manner)
{
    return manner.is_secure ? "https://" : "http://";
}

} // namespace

// As URLs have what it calls so itself.
std::string mirror::below(std::string const& path) const
{
    return manner_.directory.empty() ? path : '/' + manner_.directory + path;
}

// To its second host, or another path of the first one, from where it may go on to the second; empty: it is here.
std::string mirror::moved_to(request const& asked, std::string const& host)
{
    auto const is_probe = manner_.speaks == speech::misnamed && asked.target.find('?') != std::string::npos;
    if (host != manner_.host || is_probe || !dice_.chance(manner_.redirect_percent))
        return {};
    auto const is_moved = asked.target.starts_with("/moved/");
    auto const path = is_moved ? asked.target.substr(6) : asked.target;
    if (!is_moved && dice_.chance(30))
        return below("/moved" + path);
    if (dice_.chance(30))
        return "//" + manner_.second_host() + below(path);
    auto text = scheme_of(manner_) + manner_.second_host() + below(path);
    constexpr char const* ends[] = {"?Expires=9999999999", "?X-Amz-Expires=2", "#part", ""};
    if (manner_.speaks != speech::script)
        text += ends[dice_.below(std::size(ends))];
    return text;
}

// A right redirect, which may be remembered or not.
std::vector<step> mirror::send_to(std::string const& location, std::string const& fields)
{
    constexpr char const* statuses[] = {
        "301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect",
    };
    constexpr char const* lifetimes[] = {
        "", "", "Cache-Control: no-store\r\n", "Cache-Control: private, max-age=1\r\n", "Expires: 0\r\n",
    };
    ++account_.redirected;
    note_(manner_.host + ": look at " + location);
    auto const lifetime = lifetimes[dice_.below(std::size(lifetimes))];
    return status_steps(
        statuses[dice_.below(std::size(statuses))], "Location: " + location + "\r\n" + lifetime + fields);
}

// Further along the ways that lead nowhere.
std::vector<step> mirror::lead_on(request const& asked)
{
    if (asked.target == "/-/loop/a")
        return send_to(below("/-/loop/b"));
    if (asked.target == "/-/loop/b")
        return send_to(below("/-/loop/a"));
    auto const number = std::stoul(asked.target.substr(asked.target.rfind('/') + 1));
    if (number == 0)
        complain(manner_.host + ": more redirects were followed than allowed");
    return send_to(below("/-/chain/" + std::to_string(number == 0 ? 0 : number - 1)));
}

std::vector<step> mirror::mislead(answer how, request const& asked)
{
    constexpr char const* broken[] = {
        "",
        "Location:\r\n",
        "Location: http://\r\n",
        "Location: http://[x]/\r\n",
        "Location: /-/a\r\nLocation: /-/b\r\n",
    };
    constexpr char const* aways[] = {
        "ftp://elsewhere/", "file:///etc/passwd", "javascript:alert(1)", "gopher://inside/"};
    auto const draw_from = [this](auto const& all) { return std::string(all[dice_.below(std::size(all))]); };
    auto const redirect_to = [this](std::string const& location) {
        return status_steps("302 Found", "Location: " + location + "\r\n");
    };
    switch (how)
    {
    case answer::redirect_loop:
        return redirect_to(below(dice_.chance(30) ? asked.target : "/-/loop/a"));
    case answer::redirect_chain:
        return redirect_to(below("/-/chain/" + std::to_string(options_.redirect_count_max)));
    case answer::redirect_nowhere:
        return status_steps("307 Temporary Redirect", draw_from(broken));
    case answer::redirect_away:
        return redirect_to(manner_.is_secure ? "http://unsafe" + asked.target : draw_from(aways));
    case answer::redirect_inside:
        return redirect_to("http://" + draw_from(hosts_inside) + asked.target);
    default: // redirect_dead
        return redirect_to(scheme_of(manner_) + "elsewhere" + asked.target);
    }
}

} // namespace webseed::test::sim
