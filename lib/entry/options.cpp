#include "entry/options.h"

#include "base/text.h"

namespace dml {

Check at_least(double low) { return {">= " + format_number(low), [low](double v) { return v >= low; }, {}, 0, {}}; }
Check above(double low) { return {"> " + format_number(low), [low](double v) { return v > low; }, {}, 0, {}}; }
Check at_most(double high) { return {"<= " + format_number(high), [high](double v) { return v <= high; }, {}, 0, {}}; }
Check between(double low, double high) {
  return {format_number(low) + ".." + format_number(high), [low, high](double v) { return v >= low && v <= high; }, {}, 0, {}};
}
Check one_of(std::vector<std::string> choices) { return {"", nullptr, std::move(choices), 0, {}}; }
Check letter(char short_name) { return {"", nullptr, {}, short_name, {}}; }
Check of_family(std::string family) { return {"", nullptr, {}, 0, std::move(family)}; }

void read_value(std::string_view text, bool& out) {
  if (text == "true" || text == "yes" || text == "1") out = true;
  else if (text == "false" || text == "no" || text == "0") out = false;
  else throw Error(Fault::usage, "true or false");
}
void read_value(std::string_view text, std::int64_t& out) {
  const auto v = parse_integer(text);
  if (!v) throw Error(Fault::usage, "a whole number");
  out = *v;
}
void read_value(std::string_view text, int& out) {
  const auto v = parse_integer(text);
  if (!v || *v < -2147483647 || *v > 2147483647) throw Error(Fault::usage, "a whole number");
  out = static_cast<int>(*v);
}
void read_value(std::string_view text, std::uint64_t& out) {
  const auto v = parse_unsigned(text);
  if (!v) throw Error(Fault::usage, "a whole number, 0 or more");
  out = *v;
}
void read_value(std::string_view text, double& out) {
  const auto v = parse_number(text);
  if (!v) throw Error(Fault::usage, "a finite number");
  out = *v;
}
void read_value(std::string_view text, std::string& out) { out = std::string(text); }
void read_value(std::string_view text, std::vector<double>& out) {
  out.clear();
  for (const auto& part : split(text, ',')) read_value(part, out.emplace_back());
}
void read_value(std::string_view text, std::vector<std::string>& out) { out = split(text, ','); }
void read_value(std::string_view text, Chain& out) { out = text.empty() ? Chain{} : parse_chain(text); }

std::string show_value(bool v) { return v ? "true" : "false"; }
std::string show_value(std::int64_t v) { return std::to_string(v); }
std::string show_value(std::uint64_t v) { return std::to_string(v); }
std::string show_value(double v) { return format_number(v); }
std::string show_value(const std::string& v) { return v; }
std::string show_value(const std::vector<double>& v) {
  std::vector<std::string> parts;
  for (const double x : v) parts.push_back(format_number(x));
  return join(parts, ",");
}
std::string show_value(const std::vector<std::string>& v) { return join(v, ","); }
std::string show_value(const Chain& v) { return to_string(v); }

namespace detail {

std::string option_label(const std::string& owner, const std::string& name) {
  // A component's option is spelled as it is typed there: 'krum:byzantine'. A verb's option has no owner: '--byzantine'.
  return "option " + quote(owner.empty() ? "--" + name : owner + ":" + name);
}

void unknown_option(const std::string& owner, const std::string& name, const std::vector<OptionDoc>& docs) {
  std::vector<std::string> names;
  for (const auto& doc : docs) names.push_back(doc.name);
  const auto near = nearest(name, names);
  throw Error(Fault::usage, option_label(owner, name) + " is unknown",
              near ? "did you mean '" + *near + "'?" : names.empty() ? "" : "known here: " + join(names, ", "));
}

void check_number(const std::string& label, double value, const Check& check) {
  if (!check.holds(value)) throw Error(Fault::usage, label + " is " + format_number(value) + ", must be " + check.range);
}

void check_word(const std::string& label, const std::string& value, const Check& check) {
  for (const auto& choice : check.choices)
    if (choice == value) return;
  const auto near = nearest(value, check.choices);
  throw Error(Fault::usage, label + " is " + quote(value) + ", must be one of " + join(check.choices, ", "),
              near ? "did you mean '" + *near + "'?" : "");
}

void rethrow_labelled(const std::string& label, std::string_view text, const Error& error) {
  const std::string what = error.what();
  if (what.starts_with("component ")) throw error;
  throw Error(error.fault(), label + " is " + quote(text) + ", must be " + what, error.hint());
}

}  // namespace detail
}  // namespace dml
