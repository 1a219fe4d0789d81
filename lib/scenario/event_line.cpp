#include "scenario/event_line.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/text.h"

namespace dml {
namespace {

// Reads an object of words, numbers, booleans and lists of numbers.
class Reader {
 public:
  Reader(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  RunEvent read() {
    RunEvent event;
    expect('{');
    if (!accept('}')) {
      do member(event);
      while (accept(','));
      expect('}');
    }
    blanks();
    if (at_ != text_.size()) fail("something follows the object");
    if (event.event.empty()) fail("it names no event");
    return event;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw Error(Fault::input, where_ + " is no event of a log: " + what); }
  void blanks() { while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_; }
  bool accept(char c) {
    blanks();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(std::string("it lacks a ") + c);
  }
  std::string word() {
    expect('"');
    const auto end = text_.find_first_of("\"\\", at_);
    if (end == std::string_view::npos || text_[end] != '"' || end - at_ > 64) fail("a text does not end, is too long, or has an escape");
    std::string out(text_.substr(at_, end - at_));
    if (std::any_of(out.begin(), out.end(), [](unsigned char c) { return c < ' ' || c > '~'; })) fail("a text has a character that no event's name has");
    at_ = end + 1;
    return out;
  }
  std::string_view atom() {
    blanks();
    const auto end = std::min(text_.find_first_of(", \t]}", at_), text_.size());
    const auto out = text_.substr(at_, end - at_);
    at_ = end;
    return out;
  }
  double number() {
    const auto text = atom();
    const auto value = parse_number(text);
    if (!value || !std::isfinite(*value)) fail(quote(text.substr(0, 40)) + " is no number");
    return *value;
  }
  double seconds() {
    const double value = number();
    if (value < 0) fail("a time below 0");
    return value;
  }
  template <class T>
  T integer() {
    const auto text = atom();
    const auto value = parse_unsigned(text);
    if (!value || *value > std::numeric_limits<T>::max()) fail(quote(text.substr(0, 40)) + " is no number of its kind");
    return static_cast<T>(*value);
  }
  bool boolean() {
    const auto text = atom();
    if (text != "true" && text != "false") fail(quote(text.substr(0, 40)) + " is neither true nor false");
    return text == "true";
  }
  std::vector<double> list() {
    std::vector<double> out;
    expect('[');
    if (accept(']')) return out;
    do out.push_back(seconds());
    while (accept(','));
    expect(']');
    return out;
  }

  void member(RunEvent& event) {
    const std::string key = word();
    expect(':');
    if (key == "time") event.time = seconds();
    else if (key == "event") event.event = word();
    else if (key == "from") event.from = integer<NodeId>();
    else if (key == "to") event.to = integer<NodeId>();
    else if (key == "node") event.node = integer<NodeId>();
    else if (key == "round") event.round = integer<std::uint64_t>();
    else if (key == "bytes") event.bytes = integer<std::uint64_t>();
    else if (key == "number") event.number = integer<std::uint32_t>();
    else if (key == "delay") event.delay = seconds();
    else if (key == "lost") event.lost = boolean();
    else if (key == "corrupt") event.corrupt = boolean();
    else if (key == "retry") event.retry = seconds();
    else if (key == "final") event.final = boolean();
    else if (key == "copies") event.copies = list();
    else if (key == "before") event.before = integer<std::uint64_t>();
    else if (key == "at") event.at = seconds();
    else if (key == "seconds") event.seconds = seconds();
    else if (key == "skipped") event.skipped = boolean();
    else fail("it has a key " + quote(key));
  }

  std::string_view text_;
  const std::string& where_;
  std::size_t at_ = 0;
};

template <class T>
void optional_field(Json& json, const char* key, const std::optional<T>& value) {
  if (value) json.field(key, std::uint64_t{*value});
}
void flag(Json& json, const char* key, bool value) {
  if (value) json.field(key, true);
}

}  // namespace

std::string to_json(const RunEvent& event) {
  Json json;
  json.begin_object().field("time", event.time).field("event", event.event);
  optional_field(json, "from", event.from);
  optional_field(json, "to", event.to);
  optional_field(json, "node", event.node);
  optional_field(json, "round", event.round);
  optional_field(json, "bytes", event.bytes);
  optional_field(json, "number", event.number);
  if (event.delay != 0) json.field("delay", event.delay);
  flag(json, "lost", event.lost);
  flag(json, "corrupt", event.corrupt);
  if (event.retry) json.field("retry", *event.retry);
  flag(json, "final", event.final);
  if (!event.copies.empty()) {
    json.key("copies").begin_array();
    for (const double delay : event.copies) json.value(delay);
    json.end_array();
  }
  optional_field(json, "before", event.before);
  if (event.at) json.field("at", *event.at);
  if (event.seconds != 0) json.field("seconds", event.seconds);
  flag(json, "skipped", event.skipped);
  return json.end_object().str();
}

RunEvent read_event(std::string_view line, const std::string& where) { return Reader(line, where).read(); }

}  // namespace dml
