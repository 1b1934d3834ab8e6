#include "net/resolver.hpp"

#include "net/letters.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <pthread.h>
#include <signal.h>

namespace webseed::net {

namespace asio = boost::asio;

namespace {

using shared_answer = std::shared_ptr<lookup_answer const>;

// Signals are for the embedder's threads.
std::thread start_thread(std::function<void()> work)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread thread;
    try
    {
        thread = std::thread(std::move(work));
    }
    catch (std::system_error const&)
    {} // the machine has no more
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return thread;
}

} // namespace

// Somebody who waits. Used on his own executor, but for `timer.get_executor()`.
struct resolver::waiter
{
    explicit waiter(asio::any_io_executor const& executor)
        : timer(executor)
    {}

    asio::steady_timer timer; // runs until the deadline, or until the answer ends it
    shared_answer answer;
};

class resolver::memory
{
public:
    memory(network_options const& options, lookup_function ask, std::function<time_point()> now)
        : options_(options)
        , ask_(std::move(ask))
        , now_(std::move(now))
    {}

    /// Null: `who` will be told.
    shared_answer ask(std::string const& name, std::shared_ptr<waiter> const& who);
    void leave(std::string const& name, std::shared_ptr<waiter> const& who) noexcept;
    void close();
    address_family family() const noexcept { return options_.family; }

private:
    enum class stage
    {
        queued,
        asked,
        known,
    };
    struct entry
    {
        stage at = stage::queued;
        shared_answer answer;
        time_point expiry{};
        std::vector<std::shared_ptr<waiter>> waiters;
    };

    void work();
    void start_worker();
    void finish(std::string const& name, lookup_answer answer);
    void forget_some();
    lookup_answer answer_to(std::string const& name) const noexcept;

    network_options const options_;
    lookup_function const ask_;
    std::function<time_point()> const now_;

    std::mutex mutex_; // of all that follows
    std::condition_variable changed_;
    std::map<std::string, entry> names_;
    std::deque<std::string> queue_;
    std::vector<std::thread> threads_;
    std::size_t idle_count_ = 0;
    bool is_closed_ = false;
};

shared_answer resolver::memory::ask(std::string const& name, std::shared_ptr<waiter> const& who)
{
    std::scoped_lock const lock(mutex_);
    auto const [found, is_new] = names_.try_emplace(name);
    auto& one = found->second;
    if (one.at == stage::known && now_() < one.expiry)
        return one.answer;
    one.waiters.push_back(who);
    if (is_new || one.at == stage::known)
    {
        one.at = stage::queued;
        queue_.push_back(name);
        start_worker();
        changed_.notify_one();
    }
    return nullptr;
}

void resolver::memory::start_worker()
{
    auto const count_max = std::max<std::size_t>(options_.resolver_thread_count_max, 1);
    if (queue_.size() <= idle_count_ || threads_.size() >= count_max)
        return;
    auto thread = start_thread([this] { work(); });
    if (thread.joinable())
        threads_.push_back(std::move(thread));
    else if (threads_.empty())
        finish(std::exchange(queue_, {}).back(), {{}, "no thread for looking it up"});
}

// Who waits for nothing any more: a lookup that nobody wants isn't begun. Not told once this has returned.
void resolver::memory::leave(std::string const& name, std::shared_ptr<waiter> const& who) noexcept
{
    std::scoped_lock const lock(mutex_);
    auto const found = names_.find(name);
    if (found == names_.end())
        return;
    auto& one = found->second;
    std::erase(one.waiters, who);
    if (one.at != stage::queued || !one.waiters.empty())
        return;
    std::erase(queue_, name);
    names_.erase(found);
}

void resolver::memory::close()
{
    std::vector<std::thread> threads;
    {
        std::scoped_lock const lock(mutex_);
        is_closed_ = true;
        for (auto const& name : std::exchange(queue_, {}))
            finish(name, {{}, "the network is gone"});
        threads.swap(threads_);
        changed_.notify_all();
    }
    for (auto& each : threads)
        each.join();
}

void resolver::memory::work()
{
    std::unique_lock lock(mutex_);
    while (true)
    {
        ++idle_count_;
        changed_.wait(lock, [this] { return is_closed_ || !queue_.empty(); });
        --idle_count_;
        if (is_closed_)
            return;
        auto const name = std::move(queue_.front());
        queue_.pop_front();
        names_[name].at = stage::asked;
        lock.unlock();
        auto answer = answer_to(name);
        lock.lock();
        finish(name, std::move(answer));
    }
}

lookup_answer resolver::memory::answer_to(std::string const& name) const noexcept
{
    try
    {
        auto answer = ask_(name);
        auto const had_some = !answer.addresses.empty();
        answer.addresses = in_order(answer.addresses, options_.family, options_.address_count_max);
        if (answer.addresses.empty() && (had_some || answer.reason.empty()))
            answer.reason = had_some ? "no address of the family asked for" : "no address";
        return answer;
    }
    catch (std::exception const&)
    {
        return {};
    }
}

// Tells all who wait, while none of them can leave.
void resolver::memory::finish(std::string const& name, lookup_answer answer)
{
    auto& one = names_[name];
    auto const time = answer.addresses.empty() ? options_.unresolved_time : options_.resolved_time;
    one.at = stage::known;
    one.answer = std::make_shared<lookup_answer const>(std::move(answer));
    one.expiry = now_() + time;
    for (auto const& who : std::exchange(one.waiters, {}))
        asio::post(who->timer.get_executor(), [who, told = one.answer] {
            who->answer = told;
            who->timer.cancel();
        });
    forget_some();
}

void resolver::memory::forget_some()
{
    if (names_.size() <= name_count_max)
        return;
    auto const now = now_();
    std::erase_if(
        names_, [now](auto const& each) { return each.second.at == stage::known && each.second.expiry <= now; });
    if (names_.size() <= name_count_max)
        return;
    auto const is_older = [](auto const& a, auto const& b) {
        return std::pair(a.second.at != stage::known, a.second.expiry) <
               std::pair(b.second.at != stage::known, b.second.expiry);
    };
    auto const oldest = std::min_element(names_.begin(), names_.end(), is_older);
    if (oldest->second.at == stage::known)
        names_.erase(oldest);
}

// For as long as it lives, somebody waits.
class resolver::waiting
{
public:
    waiting(std::shared_ptr<memory> all, std::string name, std::shared_ptr<waiter> who)
        : all_(std::move(all))
        , name_(std::move(name))
        , who_(std::move(who))
    {}
    waiting(waiting const&) = delete;
    waiting& operator=(waiting const&) = delete;
    ~waiting() { all_->leave(name_, who_); }

private:
    std::shared_ptr<memory> all_;
    std::string name_;
    std::shared_ptr<waiter> who_;
};

resolver::resolver(network_options const& options, lookup_function ask, std::function<time_point()> now)
    : memory_(std::make_shared<memory>(options, std::move(ask), std::move(now)))
{}

resolver::~resolver()
{
    memory_->close();
}

asio::awaitable<boost::system::result<address_list>>
resolver::resolve(std::string host, time_point deadline, std::string& detail)
{
    auto const all = memory_;
    auto const name = in_lower_case(host);
    if (auto const literal = as_address(name))
    {
        auto own = in_order(address_list(1, *literal), all->family(), 1);
        if (!own.empty())
            co_return std::move(own);
        detail = "not an address of the family asked for";
        co_return error_code(errc::resolve_failed);
    }
    auto const executor = co_await asio::this_coro::executor;
    auto const who = std::make_shared<waiter>(executor);
    auto answer = all->ask(name, who);
    if (!answer)
    {
        waiting const guard(all, name, who);
        who->timer.expires_at(deadline);
        co_await who->timer.async_wait(asio::as_tuple(asio::use_awaitable));
        auto const state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none)
            co_return error_code(asio::error::operation_aborted);
        answer = who->answer;
    }
    if (!answer)
        co_return error_code(errc::resolve_timed_out);
    if (answer->addresses.empty())
    {
        detail = answer->reason;
        co_return error_code(errc::resolve_failed);
    }
    co_return answer->addresses;
}

} // namespace webseed::net
