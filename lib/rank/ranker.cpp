#include "rank/ranker.h"

#include <algorithm>

namespace dml {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_number(const std::string& text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_digit); }

std::string_view without_zeros(std::string_view digits) {
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  return digits;
}

}  // namespace

std::string normal_term(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= 'A' && c <= 'Z') out += static_cast<char>(c - 'A' + 'a');
    else if ((c >= 'a' && c <= 'z') || is_digit(c) || static_cast<unsigned char>(c) >= 0x80) out += c;
  }
  return out;
}

bool item_before(const std::string& a, const std::string& b) {
  const bool number_a = is_number(a), number_b = is_number(b);
  if (number_a != number_b) return number_a;
  if (number_a) {
    const auto x = without_zeros(a), y = without_zeros(b);
    if (x.size() != y.size()) return x.size() < y.size();
    if (x != y) return x < y;
  }
  return a < b;
}

}  // namespace dml
