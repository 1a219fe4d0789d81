#include "formats/graph_format.h"

#include "base/error.h"
#include "base/text.h"

namespace dml {
namespace {

class GraphReader final : public RecordReader {
 public:
  GraphReader(std::unique_ptr<ByteSource> source, const Limits& limits, GraphParser parse)
      : name_(source->name()), source_(std::move(source)), limits_(limits), parse_(parse) {}
  const StreamHeader& header() override { return header_; }
  std::optional<RecordHead> next_head() override {
    next_ = 0;
    record_ = {};
    if (!source_) return std::nullopt;
    record_ = graph_record(parse_(std::move(source_), limits_, std::nullopt));
    return RecordHead{record_.kind, record_.meta, record_.tensors.size(), {}};
  }
  std::optional<Tensor> next_tensor() override {
    if (next_ == record_.tensors.size()) return std::nullopt;
    return std::move(record_.tensors[next_++]);
  }
  std::string where() const override { return "record 0 of " + name_; }

 private:
  std::string name_;
  std::unique_ptr<ByteSource> source_;
  Limits limits_;
  GraphParser parse_;
  StreamHeader header_;
  Record record_;
  std::size_t next_ = 0;
};

class GraphWriter final : public RecordWriter {
 public:
  GraphWriter(std::unique_ptr<ByteSink> sink, std::string format, GraphPrinter print) : sink_(std::move(sink)), format_(std::move(format)), print_(print) {}
  void begin(const RecordHead& head) override {
    if (begun_) throw Error(Fault::usage, format_ + " holds one graph: " + sink_->name() + " cannot take a second record");
    if (head.kind != "graph")
      throw Error(Fault::usage, format_ + " holds one graph: " + sink_->name() + " cannot take a record of kind " + quote(head.kind));
    begun_ = true;
    record_ = {head.kind, head.meta, {}, {}};
  }
  void tensor(const Tensor& tensor) override { record_.tensors.push_back(tensor); }
  void close(const Attributes&) override {
    if (!begun_) throw Error(Fault::usage, format_ + " holds one graph: there is no record for " + sink_->name());
    print_(graph_of(record_, "the record for " + sink_->name()), get_text(record_.meta, "source").value_or(""), *sink_);
    sink_->commit();
  }

 private:
  std::unique_ptr<ByteSink> sink_;
  std::string format_;
  GraphPrinter print_;
  Record record_;
  bool begun_ = false;
};

}  // namespace

std::unique_ptr<RecordReader> graph_reader(std::unique_ptr<ByteSource> source, const Limits& limits, GraphParser parse) {
  return std::make_unique<GraphReader>(std::move(source), limits, parse);
}

std::unique_ptr<RecordWriter> graph_writer(std::unique_ptr<ByteSink> sink, const std::string& format, GraphPrinter print) {
  return std::make_unique<GraphWriter>(std::move(sink), format, print);
}

}  // namespace dml
