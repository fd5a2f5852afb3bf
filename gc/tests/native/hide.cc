// Places where native code keeps references. Serves tests/conservative.rs, which opens this as a library while it runs.

#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace {
void *data_word = reinterpret_cast<void *>(1);
void *bss_words[20000];
thread_local void *thread_word;
__attribute__((tls_model("initial-exec"))) thread_local void *static_thread_word;
std::map<std::string, std::vector<void *>> tree;
struct Node {
  std::unique_ptr<Node> next;
  void *word;
};
std::unique_ptr<Node> chain;
} // namespace

extern "C" {
enum { PLACES = 6 };

void hide(int place, void *word) {
  switch (place) {
  case 0: data_word = word; break;
  case 1: bss_words[19999] = word; break;
  case 2: thread_word = word; break;
  case 3: static_thread_word = word; break;
  case 4:
    if (word) tree["key"].assign(100, word);
    else tree.clear();
    break;
  case 5:
    if (!word) { chain.reset(); break; }
    chain.reset();
    for (int i = 0; i < 100; i++) chain.reset(new Node{std::move(chain), i ? nullptr : word});
  }
}

void *shown(int place) {
  switch (place) {
  case 0: return data_word;
  case 1: return bss_words[19999];
  case 2: return thread_word;
  case 3: return static_thread_word;
  case 4: return tree["key"][50];
  default: {
    Node *last = chain.get();
    while (last->next) last = last->next.get();
    return last->word;
  }
  }
}
}
