// Counts the memory that operator new has given and not got back. With a sanitizer that does so itself it counts
// nothing, and says zero.
#pragma once

#include <cstdint>

namespace webseed::test::sim {

/// What was taken and not given back since it was made. One at a time.
class ledger
{
public:
    ledger();

    /// Bytes, now; negative where more was given back than taken.
    std::int64_t live() const;
    /// The most that it has ever been.
    std::int64_t peak() const;

private:
    std::int64_t at_start_;
};

} // namespace webseed::test::sim
