// A test's way to write records: each line of standard input is one record, `KIND key=value ... ; NAME DTYPE SHAPE v v v ; ...`.
// SHAPE is 2x3 or - for a scalar; values may be nan and inf. Writes a stream of the given format (default dml) to standard output.
#include <iostream>
#include <sstream>

#include "base/text.h"
#include "entry/registry.h"
#include "formats/formats.h"
#include "wire/endpoint.h"

namespace {

dml::Value value_of(const std::string& text) {
  if (text == "true" || text == "false") return text == "true";
  if (const auto u = dml::parse_unsigned(text)) return *u;
  if (const auto d = dml::parse_number(text)) return *d;
  if (text.starts_with("[") && text.ends_with("]")) {
    dml::ValueList list;
    if (text.size() > 2)
      for (const auto& part : dml::split(text.substr(1, text.size() - 2), ',')) list.push_back(value_of(part));
    return list;
  }
  return text;
}

dml::Tensor tensor_of(const std::string& text) {
  std::istringstream in(text);
  std::string dtype, shape, word;
  dml::Tensor tensor;
  in >> tensor.name >> dtype >> shape;
  tensor.dtype = dml::parse_dtype(dtype).value();
  if (shape != "-")
    for (const auto& extent : dml::split(shape, 'x')) tensor.shape.push_back(std::stoll(extent));
  std::vector<double> values;
  while (in >> word) values.push_back(std::stod(word));
  tensor.data = dml::from_doubles(values.data(), values.size(), tensor.dtype);
  return tensor;
}

}  // namespace

int main(int argc, char** argv) {
  dml::Registry<dml::Format> formats("format");
  dml::register_formats(formats);
  dml::OpenOptions open;
  for (const auto& info : formats.entries()) open.formats.push_back(formats.make(info.card.name));
  if (argc > 1) open.to = argv[1];
  open.header = {"make_records", "1", "make", {}, {}, {}};
  const auto writer = dml::open_writer("-", open);
  for (std::string line; std::getline(std::cin, line);) {
    if (line.empty()) continue;
    const auto parts = dml::split(line, ';');
    std::istringstream head(parts[0]);
    dml::Record record;
    std::string word;
    head >> record.kind;
    while (head >> word) record.meta[word.substr(0, word.find('='))] = value_of(word.substr(word.find('=') + 1));
    for (std::size_t i = 1; i < parts.size(); ++i) record.tensors.push_back(tensor_of(parts[i]));
    dml::sort_tensors(record, "a record");
    writer->write(record);
  }
  writer->close();
}
