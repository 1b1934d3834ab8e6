// Boost.URL, compiled here once: the library then needs Boost's headers only.
#include <boost/url/src.hpp>
