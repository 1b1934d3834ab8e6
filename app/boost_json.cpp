// Boost.JSON, compiled here once: the program then needs Boost's headers only.
#include <boost/json/src.hpp>
