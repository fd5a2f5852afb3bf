/* Which block of the process's malloc an address lies in. Serves native/mod.rs; rests on mimalloc's internal headers, since
   no public function takes an arbitrary address. Every block of a page lies behind page_start; only the first `capacity`
   blocks are backed by memory. */

#include <mimalloc.h>
#include <mimalloc/internal.h>

bool tandem_native_block(const void *address, uintptr_t *start, size_t *length) {
  mi_page_t *page = _mi_safe_ptr_page(address);
  if (page == NULL) return false;
  uint8_t *first = mi_page_start(page);
  size_t size = mi_page_block_size(page);
  if ((const uint8_t *)address < first || (size_t)((const uint8_t *)address - first) >= size * page->capacity) return false;
  *start = (uintptr_t)_mi_page_ptr_unalign(page, address);
  *length = size;
  return true;
}

size_t tandem_native_committed(void) {
  int64_t bytes = mi_atomic_loadi64_relaxed((_Atomic(int64_t) *)&_mi_subproc()->stats.committed.current);
  return bytes > 0 ? (size_t)bytes : 0;
}
