// Options: the only declaration of what a verb or an entry can be told. Parsing, checks, --help, list, describe, the man page and
// component strings are all rendered from it; the initialisers of the options struct are the documented defaults.
#pragma once
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/error.h"
#include "entry/component.h"

namespace dml {

/// `int byzantine = required;`: the option has no default and must be given.
struct Required {
  template <class T>
  operator T() const {
    if constexpr (std::is_same_v<T, std::string>) return "\x01";
    else if constexpr (std::is_floating_point_v<T>) return -std::numeric_limits<T>::max();
    else return std::is_signed_v<T> ? std::numeric_limits<T>::min() : std::numeric_limits<T>::max();
  }
};
inline constexpr Required required{};

/// What a surface needs to know about one option.
struct OptionDoc {
  std::string name, type, doc;
  std::string fallback;                  // the default as a user would type it; "" when there is none
  bool required = false;
  std::vector<std::string> choices;
  std::string range;                     // ">= 0"; "" when any value will do
  char letter = 0;                       // -o
  std::string family;                    // of the components it takes, where that is not its own name; see of_family()
};

/// A restriction on a value: a range for numbers, a list for words.
struct Check {
  std::string range;
  std::function<bool(double)> holds;
  std::vector<std::string> choices;
  char letter = 0;
  std::string family;
};
Check at_least(double low);
Check above(double low);
Check at_most(double high);
Check between(double low, double high);                  // closed
Check one_of(std::vector<std::string> choices);
Check letter(char short_name);                            // also -X; for verbs only
Check of_family(std::string family);                      // which components; not needed where the option is called like the family

/// Parsing and printing of one value. Throw Error(Fault::usage) with what the text should have been.
void read_value(std::string_view text, bool& out);
void read_value(std::string_view text, int& out);
void read_value(std::string_view text, std::int64_t& out);
void read_value(std::string_view text, std::uint64_t& out);
void read_value(std::string_view text, double& out);
void read_value(std::string_view text, std::string& out);
void read_value(std::string_view text, std::vector<double>& out);        // a,b,c
void read_value(std::string_view text, std::vector<std::string>& out);
void read_value(std::string_view text, Chain& out);                      // NAME[:K=V,...][+NAME...]
std::string show_value(bool v);
std::string show_value(std::int64_t v);
std::string show_value(std::uint64_t v);
inline std::string show_value(int v) { return show_value(std::int64_t{v}); }
std::string show_value(double v);
std::string show_value(const std::string& v);
std::string show_value(const std::vector<double>& v);
std::string show_value(const std::vector<std::string>& v);
std::string show_value(const Chain& v);
template <class T>
void read_value(std::string_view text, std::optional<T>& out) { read_value(text, out.emplace()); }
template <class T>
std::string show_value(const std::optional<T>& v) { return v ? show_value(*v) : std::string(); }

/// Names of types in help and describe: flag, integer, number, text, list, component.
template <class T> constexpr const char* type_name() {
  if constexpr (std::is_same_v<T, bool>) return "flag";
  else if constexpr (std::is_integral_v<T>) return "integer";
  else if constexpr (std::is_floating_point_v<T>) return "number";
  else if constexpr (std::is_same_v<T, std::string>) return "text";
  else if constexpr (std::is_same_v<T, Chain>) return "component";
  else if constexpr (requires { typename T::value_type; } && !requires(T t) { t.push_back({}); }) return type_name<typename T::value_type>();
  else return "list";
}

namespace detail {
/// Throws usage: "option 'krum:byzantin' is unknown", with the nearest name as a hint.
[[noreturn]] void unknown_option(const std::string& owner, const std::string& name, const std::vector<OptionDoc>& docs);
void check_number(const std::string& label, double value, const Check& check);
void check_word(const std::string& label, const std::string& value, const Check& check);
std::string option_label(const std::string& owner, const std::string& name);
[[noreturn]] void rethrow_labelled(const std::string& label, std::string_view text, const Error& error);
}  // namespace detail

template <class T>
class Options {
 public:
  /// Declares `member` under its kebab-case `name`. `doc`: lower case, no full stop.
  template <class M, class... Checks>
  Options& add(std::string name, M T::*member, std::string doc, Checks... checks) {
    const M initial = T{}.*member;
    Field field;
    field.doc.name = name;
    field.doc.type = type_name<M>();
    field.doc.doc = std::move(doc);
    if constexpr (std::is_arithmetic_v<M> && !std::is_same_v<M, bool>) field.doc.required = initial == static_cast<M>(required);
    if constexpr (std::is_same_v<M, std::string>) field.doc.required = initial == static_cast<std::string>(required);
    if (!field.doc.required) field.doc.fallback = show_value(initial);
    const std::vector<Check> all{checks...};
    for (const auto& check : all) {
      if (!check.range.empty()) field.doc.range = check.range;
      if (!check.choices.empty()) field.doc.choices = check.choices;
      if (check.letter) field.doc.letter = check.letter;
      if (!check.family.empty()) field.doc.family = check.family;
    }
    field.read = [member, all](T& into, const std::string& label, std::string_view text) {
      try {
        read_value(text, into.*member);
      } catch (const Error& error) {
        detail::rethrow_labelled(label, text, error);
      }
      for (const auto& check : all) check_value(label, into.*member, check);
    };
    field.show = [member](const T& from) { return show_value(from.*member); };
    // An empty text says something where it is not the default; an optional says nothing where it has no value.
    field.says = [member, silent = !field.doc.required && field.doc.fallback.empty()](const T& from) {
      if constexpr (requires { (from.*member).has_value(); }) return (from.*member).has_value();
      else return !silent || !show_value(from.*member).empty();
    };
    docs_.push_back(field.doc);
    fields_.push_back(std::move(field));
    return *this;
  }

  /// Settings -> options struct. `owner` names the verb or component in messages.
  T read(const Settings& settings, const std::string& owner = {}) const {
    T out{};
    for (const auto& [name, text] : settings) {
      const Field* field = find(name);
      if (!field) detail::unknown_option(owner, name, docs_);
      field->read(out, detail::option_label(owner, name), text);
    }
    for (const auto& field : fields_)
      if (field.doc.required && !settings.count(field.doc.name))
        throw Error(Fault::usage, detail::option_label(owner, field.doc.name) + " is required: " + field.doc.doc);
    return out;
  }

  /// Every option with the value it has in `from`, as a user would type it: read() makes the same of it. Left out are optionals without
  /// a value, and what is empty by default and still is.
  Settings resolved(const T& from) const {
    Settings out;
    for (const auto& field : fields_)
      if (field.says(from)) out[field.doc.name] = field.show(from);
    return out;
  }
  const std::vector<OptionDoc>& docs() const { return docs_; }

 private:
  struct Field {
    OptionDoc doc;
    std::function<void(T&, const std::string&, std::string_view)> read;
    std::function<std::string(const T&)> show;
    std::function<bool(const T&)> says;
  };
  template <class M>
  static void check_value(const std::string& label, const M& value, const Check& check) {
    if constexpr (std::is_arithmetic_v<M>) {
      if (check.holds) detail::check_number(label, static_cast<double>(value), check);
    } else if constexpr (std::is_same_v<M, std::string>) {
      if (!check.choices.empty()) detail::check_word(label, value, check);
    } else if constexpr (std::is_same_v<M, std::vector<double>>) {
      for (const double v : value) check_value(label, v, check);
    } else if constexpr (requires { value.has_value(); }) {
      if (value) check_value(label, *value, check);
    }
  }
  const Field* find(const std::string& name) const {
    for (const auto& field : fields_)
      if (field.doc.name == name) return &field;
    return nullptr;
  }
  std::vector<Field> fields_;
  std::vector<OptionDoc> docs_;
};

}  // namespace dml
