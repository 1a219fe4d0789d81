#include "topology/progress.h"

#include "base/log.h"
#include "base/text.h"

namespace dml {

double no_less_than_zero(double peers, const std::string& option) {
  if (peers >= 0) return peers;
  warn("option '" + option + "' is " + format_number(peers) + ", a number of peers: clamped to 0");
  return 0;
}

}  // namespace dml
