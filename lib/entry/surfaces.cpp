#include "entry/surfaces.h"

#include <ostream>

#include "base/text.h"
#include "math/targets.h"
#include "wire/socket_keys.h"
#include "wire/socket_libraries.h"

namespace dml {
namespace {

const char* kCompiler =
#if defined(__clang__)
    "clang " __clang_version__;
#else
    "g++ " __VERSION__;
#endif

// A verb that is one function of the tool and the invocation.
using Act = int (*)(const ToolView&, Invocation&);
class Surface final : public Verb {
 public:
  Surface(const ToolView& tool, Act act) : tool_(tool), act_(act) {}
  int run(Invocation& call) override { return act_(tool_, call); }

 private:
  const ToolView& tool_;
  Act act_;
};

int help(const ToolView& tool, Invocation& call) {
  if (call.inputs().empty()) {
    call.out() << render_tool_help(tool);
    return 0;
  }
  const std::string& name = call.inputs()[0];
  const auto* verb = tool.verbs->find(name);
  if (!verb) throw Error(Fault::usage, "verb " + quote(name) + " is unknown", "'" + tool.spec->name + " help' names them all");
  call.out() << render_verb_help(tool, *verb);
  return 0;
}

int list(const ToolView& tool, Invocation& call) {
  const std::string wanted = call.inputs().empty() ? "" : call.inputs()[0];
  std::size_t width = 0;
  std::vector<std::string> families;
  for (const auto* info : all_entries(tool)) {
    width = std::max(width, info->family.size() + info->card.name.size() + 1);
    if (families.empty() || families.back() != info->family) families.push_back(info->family);
  }
  bool found = wanted.empty();
  for (const auto* info : all_entries(tool)) {
    if (!wanted.empty() && info->family != wanted) continue;
    found = true;
    const std::string name = info->family + "/" + info->card.name;
    if (call.common().json)
      call.out() << Json().begin_object().field("family", info->family).field("name", info->card.name).field("summary", info->card.summary).end_object().str() << '\n';
    else
      call.out() << name << std::string(width + 2 - name.size(), ' ') << info->card.summary << '\n';
  }
  if (!found) throw Error(Fault::usage, "family " + quote(wanted) + " is unknown", "known: " + join(families, ", "));
  return 0;
}

const EntryInfo& find_entry(const ToolView& tool, const std::string& text) {
  const auto slash = text.find('/');
  const std::string family = slash == std::string::npos ? "" : text.substr(0, slash), name = slash == std::string::npos ? text : text.substr(slash + 1);
  std::vector<const EntryInfo*> hits;
  std::vector<std::string> names, full;
  for (const auto* info : all_entries(tool)) {
    names.push_back(info->card.name);
    if (info->card.name != name || (!family.empty() && info->family != family)) continue;
    hits.push_back(info);
    full.push_back(info->family + "/" + info->card.name);
  }
  if (hits.size() == 1) return *hits[0];
  if (hits.size() > 1) throw Error(Fault::usage, quote(name) + " stands in several families", "name one: " + join(full, ", "));
  const auto near = nearest(name, names);
  throw Error(Fault::usage, "nothing is called " + quote(text), near && *near != name ? "did you mean '" + *near + "'?" : "'" + tool.spec->name + " list' names everything");
}

int describe(const ToolView& tool, Invocation& call) {
  const EntryInfo& info = find_entry(tool, call.inputs()[0]);
  call.out() << (call.common().json ? describe_json(info) + "\n" : render_description(info));
  return 0;
}

int version(const ToolView& tool, Invocation& call) {
  Attributes about = tool.spec->about ? tool.spec->about() : Attributes();
  Attributes libraries = wire_libraries();
  libraries["highway"] = highway_version();
  libraries["eigen"] = eigen_version();
  if (const auto own = about.find("libraries"); own != about.end()) libraries.merge(Attributes(*own->second.get_if<Attributes>()));
  about["libraries"] = libraries;
  about["tool"] = tool.spec->name;
  about["version"] = DML_VERSION;
  about["compiler"] = kCompiler;
  about["simd"] = vector_targets().front();
  if (call.common().json) {
    call.out() << to_json(about) << '\n';
    return 0;
  }
  call.out() << tool.spec->name << " " << DML_VERSION << '\n';
  for (const auto& [key, value] : about) {
    if (const auto* text = value.get_if<std::string>(); text && key != "tool" && key != "version") call.out() << key << ": " << *text << '\n';
    if (const auto* map = value.get_if<Attributes>())
      for (const auto& [name, number] : *map) call.out() << name << ": " << *number.get_if<std::string>() << '\n';
  }
  return 0;
}

int generate(const ToolView& tool, Invocation& call) {
  const std::string& what = call.inputs()[0];
  if (what == "man") call.out() << render_man(tool);
  else if (what == "bash") call.out() << render_bash(tool);
  else if (what == "zsh") call.out() << render_zsh(tool);
  else throw Error(Fault::usage, "cannot generate " + quote(what), "known: man, bash, zsh");
  return 0;
}

// Prints the public key as a peers file wants it; the files are what counts.
int keygen(const ToolView&, Invocation& call) {
  const KeyPairs keys = make_keys();
  write_keys(call.inputs()[0], keys);
  call.out() << keys.curve_public << '\n';
  return 0;
}

}  // namespace

void add_surface_verbs(Verbs& verbs, const ToolView& tool) {
  const auto add = [&](const char* name, const char* summary, VerbShape shape, Act act) {
    verbs.add({{"verb", {name, summary, ""}, {}, {}, {}}, std::move(shape), [&tool, act](const Settings& given, Settings&) {
                 struct Nothing {};
                 Options<Nothing>().read(given);
                 return std::unique_ptr<Verb>(std::make_unique<Surface>(tool, act));
               }});
  };
  add("describe", "options, source and traits of anything that list names", {"[FAMILY/]NAME", 1, 1, Output::report, {"json"}}, describe);
  add("generate", "write the man page or a shell's completion", {"man|bash|zsh", 1, 1, Output::report, {}}, generate);
  add("help", "explain the tool or one verb", {"[VERB]", 0, 1, Output::report, {}}, help);
  add("keygen", "make a key pair: NAME.key stays here, NAME.pub is for the others", {"NAME", 1, 1, Output::report, {}}, keygen);
  add("list", "name everything that can be chosen", {"[FAMILY]", 0, 1, Output::report, {"json"}}, list);
  add("version", "version, compiler, vector instructions and libraries", {"", 0, 0, Output::report, {"json", "quiet"}}, version);
}

}  // namespace dml
