// The head of a request as text, and what is found in the head of a response.
#pragma once

#include "http/connection.hpp"
#include "http/range_response.hpp"
#include "http/redirect.hpp"

#include <webseed/error.hpp>
#include <webseed/network.hpp>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace webseed::http {

/// Appends the request, which has no body. Its own fields replace User-Agent and Accept; those that can't be sent are
/// left out.
/// @param peer  a proxy that is to be asked for whole URLs, or not.
void append_request(
    std::string& text, range_request const& request, std::string const& user_agent, stream_facts const& peer);

/// Whether the request asks for a part of the file, and not for all there is.
bool has_range(range_request const& request) noexcept;

/// One response: what its head says of use here, and how its body is framed. Keeps no other field and copies none:
/// there may be one for every few kilobytes.
class response_parser final : public boost::beast::http::basic_parser<false>
{
public:
    response_parser();

    /// Once. Errors: errc::response_invalid.
    /// @param head  all of it. What is read of it is valid as long as that, and as the parser.
    error_code read_head(std::span<std::byte const> head);

    /// Of fields that contradict each other this has a control byte, which no good value has.
    response_facts const& facts() const noexcept { return facts_; }
    redirect_facts const& redirect() const noexcept { return redirect_; }
    std::optional<std::string_view> const& retry_after() const noexcept { return retry_after_; }
    bool is_http11() const noexcept { return is_http11_; }
    std::size_t field_count() const noexcept { return field_count_; }

    /// The next step of a chunked body: a chunk's head, some of its bytes, or the end. Returns how many bytes of
    /// `coded` that took; Beast's errors, and need_more where the rest of `coded` is to be seen again with more behind
    /// it.
    std::size_t decode(std::span<std::byte const> coded, error_code& error);
    /// What of `coded` was bytes of the body.
    std::span<std::byte const> decoded() const noexcept { return decoded_; }

private:
    using error_type = boost::beast::error_code;
    using text = boost::beast::string_view;

    std::optional<std::string_view>* place_of(boost::beast::http::field name) noexcept;
    std::string_view kept(text value);
    void on_request_impl(boost::beast::http::verb, text, text, int, error_type&) override {}
    void on_response_impl(int code, text, int version, error_type&) override;
    void on_field_impl(boost::beast::http::field name, text, text value, error_type&) override;
    void on_header_impl(error_type&) override { is_head_done_ = true; }
    void on_body_init_impl(boost::optional<std::uint64_t> const&, error_type&) override {}
    std::size_t on_body_impl(text body, error_type&) override { return body.size(); }
    void on_chunk_header_impl(std::uint64_t, text, error_type&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, text body, error_type&) override;
    void on_finish_impl(error_type&) override {}

    std::span<std::byte const> head_;
    response_facts facts_;
    std::optional<std::string_view> retry_after_;
    redirect_facts redirect_;
    std::forward_list<std::string> unfolded_; // values that stood on several lines
    std::size_t field_count_ = 0;
    bool is_http11_ = false;
    bool is_head_done_ = false;
    std::span<std::byte const> decoded_;
};

/// The size of the head that `bytes` begin with, up to its empty line; 0: not all of it is there. So as not to wait
/// long for something else than HTTP, the first bytes and the ends of lines are looked at before. Errors:
/// errc::response_invalid.
boost::system::result<std::size_t> size_of_head(std::span<std::byte const> bytes);

} // namespace webseed::http
