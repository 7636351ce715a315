// The bodies of Asio's TLS part, compiled once and only into programs that use it.
#include <boost/asio/ssl/impl/src.hpp>
