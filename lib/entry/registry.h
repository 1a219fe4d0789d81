// A registry holds the entries of one family: card, option docs, traits and a factory from settings. Entries come from the generated
// table of register_<file name>() functions; nothing registers itself, so nothing is lost by the linker and a test can build its own.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <typeindex>
#include <vector>

#include "base/error.h"
#include "entry/options.h"

namespace dml {

struct Card {
  std::string name;      // kebab-case, as typed
  std::string summary;   // under 72 characters, lower case, no full stop
  std::string source;    // paper, section or standard
};

/// Promises that the conformance tests check.
enum class Trait {
  permutation_invariant, translation_equivariant, scale_equivariant,
  byzantine,             // takes the option 'byzantine', refuses n <= 2f
  weighted,              // uses the records' `weight`
  two_pass,              // needs all inputs at once or twice
  exact_anywhere,        // equal bits on every CPU
  doubly_stochastic, time_varying,
  selects_input,         // the output is one of the inputs
};
std::string to_string(Trait trait);

/// What the surfaces (list, describe, help, man, completion) know of an entry.
struct EntryInfo {
  std::string family;
  Card card;
  std::vector<OptionDoc> options;
  std::vector<Trait> traits;
  std::vector<std::string> needs;                          // oracles
  bool has(Trait trait) const;
};

class RegistryBase {
 public:
  explicit RegistryBase(std::string family) : family_(std::move(family)) {}
  virtual ~RegistryBase() = default;
  const std::string& family() const { return family_; }
  const std::vector<EntryInfo>& entries() const { return infos_; }
  const EntryInfo* find(const std::string& name) const;
  /// As find, but an unknown name is Error(usage) with the nearest one as a hint.
  const EntryInfo& at(const std::string& name) const;

 protected:
  std::string family_;
  std::vector<EntryInfo> infos_;
};

template <class Base>
class Registry : public RegistryBase {
 public:
  using RegistryBase::RegistryBase;

  /// `T` is constructible from its options struct `O`.
  template <class T, class O>
  void add(Card card, Options<O> options, std::vector<Trait> traits = {}, std::vector<std::string> needs = {}) {
    const std::string name = card.name;
    infos_.push_back({family_, std::move(card), options.docs(), std::move(traits), std::move(needs)});
    resolvers_[name] = [options](const Settings& settings) { return options.resolved(options.read(settings)); };
    makers_[name] = [options = std::move(options)](const Settings& settings, const std::string& owner) -> std::unique_ptr<Base> {
      return std::make_unique<T>(options.read(settings, owner));
    };
  }
  /// For entries without options: `T` is default constructible.
  template <class T>
  void add(Card card, std::vector<Trait> traits = {}, std::vector<std::string> needs = {}) {
    struct Nothing {};
    const std::string name = card.name;
    infos_.push_back({family_, std::move(card), {}, std::move(traits), std::move(needs)});
    makers_[name] = [](const Settings& settings, const std::string& owner) -> std::unique_ptr<Base> {
      Options<Nothing>().read(settings, owner);
      return std::make_unique<T>();
    };
  }

  std::unique_ptr<Base> make(const Component& component) const {
    return makers_.at(at(component.name).card.name)(component.settings, component.name);
  }
  std::unique_ptr<Base> make(std::string_view component) const { return make(parse_component(component)); }
  /// From a verb's own settings: messages then say '--byzantine'.
  std::unique_ptr<Base> make_for_verb(const std::string& name, const Settings& settings) const {
    return makers_.at(at(name).card.name)(settings, {});
  }
  /// The settings of a verb's own with all defaults, as Options::resolved() writes them.
  Settings resolve_for_verb(const std::string& name, const Settings& settings) const {
    const auto found = resolvers_.find(at(name).card.name);
    return found == resolvers_.end() ? settings : found->second(settings);      // an entry without options has no settings
  }

 private:
  std::map<std::string, std::function<std::unique_ptr<Base>(const Settings&, const std::string&)>> makers_;
  std::map<std::string, std::function<Settings(const Settings&)>> resolvers_;
};

/// The registries that a tool offers, by interface. A family that the tool did not add is an Error(bug).
class Families {
 public:
  template <class Base>
  void add(std::string family, void (*fill)(Registry<Base>&)) {
    auto registry = std::make_unique<Registry<Base>>(std::move(family));
    fill(*registry);
    order_.push_back(registry.get());
    by_type_[typeid(Base)] = std::move(registry);
  }
  template <class Base>
  const Registry<Base>& get() const {
    const auto it = by_type_.find(typeid(Base));
    if (it == by_type_.end()) throw Error(Fault::bug, std::string("no registry of ") + typeid(Base).name());
    return static_cast<const Registry<Base>&>(*it->second);
  }
  const std::vector<const RegistryBase*>& all() const { return order_; }

 private:
  std::map<std::type_index, std::unique_ptr<RegistryBase>> by_type_;
  std::vector<const RegistryBase*> order_;
};

}  // namespace dml
