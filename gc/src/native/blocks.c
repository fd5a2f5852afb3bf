/* Which block of the process's malloc an address lies in, and which blocks are free. Serves native/mod.rs; rests on
   mimalloc's internal headers, since no public function takes an arbitrary address. Every block of a page lies behind
   page_start; only the first `capacity` blocks are backed by memory. */

#define _DEFAULT_SOURCE
#include <mimalloc.h>
#include <mimalloc/internal.h>
#include <mimalloc/prim.h>
#include <sys/mman.h>
#include <../src/bitmap.h>

typedef struct tandem_block_s {
  uintptr_t start;
  size_t length;
  mi_page_t *page;
  size_t index;
  size_t capacity;
} tandem_block_t;

/* Bytes of the arenas' slices that are in use. The allocator's own count of committed bytes does not go down. */
size_t tandem_native_used(void) {
  mi_subproc_t *process = _mi_subproc();
  size_t count = mi_atomic_load_acquire(&process->arena_count), slices = 0;
  for (size_t i = 0; i < count; i++) {
    const mi_arena_t *arena = mi_atomic_load_ptr_acquire(mi_arena_t, &process->arenas[i]);
    if (arena == NULL) continue;
    slices += arena->slice_count;
    for (size_t chunk = 0; chunk < mi_bbitmap_chunk_count(arena->slices_free); chunk++) {
      for (size_t field = 0; field < MI_BCHUNK_FIELDS; field++) {
        mi_bfield_t bits = mi_atomic_load_relaxed(&arena->slices_free->chunks[chunk].bfields[field]);
        slices -= bits == ~(mi_bfield_t)0 ? MI_BFIELD_BITS : mi_popcount(bits);
      }
    }
  }
  return slices * MI_ARENA_SLICE_SIZE;
}

static size_t committed(void) {
  int64_t bytes = mi_atomic_loadi64_relaxed((_Atomic(int64_t) *)&_mi_subproc()->stats.committed.current);
  return bytes > 0 ? (size_t)bytes : 0;
}

/* Every block lies in an arena, unless it is so big that it came straight from the kernel: then it may lie anywhere. */
void tandem_native_bounds(uintptr_t *lowest, uintptr_t *end) {
  mi_subproc_t *process = _mi_subproc();
  size_t count = mi_atomic_load_acquire(&process->arena_count);
  size_t in_arenas = 0;
  *lowest = UINTPTR_MAX;
  *end = 0;
  for (size_t i = 0; i < count; i++) {
    const mi_arena_t *arena = mi_atomic_load_ptr_acquire(mi_arena_t, &process->arenas[i]);
    if (arena == NULL) continue;
    size_t size = arena->slice_count * MI_ARENA_SLICE_SIZE;
    uintptr_t start = (uintptr_t)arena;
    in_arenas += size;
    if (start < *lowest) *lowest = start;
    if (start + size > *end) *end = start + size;
  }
  if (*end == 0 || committed() > in_arenas) {
    *lowest = 1 << 16;
    *end = (uintptr_t)1 << 47;
  }
}

/* mimalloc's table of pages ends 4 MiB into a block; further addresses are found by going back in steps that can't miss. */
static mi_page_t *page_of(const void *address) {
  const size_t step = MI_LARGE_PAGE_SIZE - MI_ARENA_SLICE_SIZE;
  mi_page_t *page = _mi_safe_ptr_page(address);
  if (page != NULL || !_mi_arenas_contain(address)) return page;
  for (const uint8_t *before = (const uint8_t *)address - step; _mi_arenas_contain(before); before -= step) {
    page = _mi_safe_ptr_page(before);
    if (page != NULL) return page;
  }
  return NULL;
}

bool tandem_native_block(const void *address, tandem_block_t *block) {
  mi_page_t *page = page_of(address);
  if (page == NULL) return false;
  uint8_t *first = mi_page_start(page);
  if ((const uint8_t *)address < first) return false;
  block->length = mi_page_block_size(page);
  block->index = (size_t)((const uint8_t *)address - first) / block->length;
  block->start = (uintptr_t)first + block->index * block->length;
  block->page = page;
  block->capacity = page->capacity;
  return block->index < block->capacity;
}

static void set_bits(const mi_page_t *page, const mi_block_t *block, uint64_t *bits) {
  for (size_t left = page->capacity; block != NULL && left > 0; left--) {
    size_t index = (size_t)((const uint8_t *)block - mi_page_start(page)) / mi_page_block_size(page);
    if (index >= page->capacity) return;
    bits[index / 64] |= (uint64_t)1 << (index % 64);
    block = mi_block_next(page, block);
  }
}

/* Unless the calling thread is alone, only its own pages hold still: others may be popping from their lists. */
void tandem_native_free_blocks(const mi_page_t *page, uint64_t *bits, bool alone) {
  if (!alone && mi_page_thread_id(page) != _mi_prim_thread_id()) return;
  set_bits(page, page->free, bits);
  set_bits(page, page->local_free, bits);
  set_bits(page, mi_page_thread_free(page), bits);
}

/* Memory that comes from an arena stays readable after it is freed; memory that comes straight from the kernel does not, and
   a thread without the GIL may free it during a scan. So arenas serve everything up to their own limit. */
void tandem_native_keep_readable(void) {
  mi_option_set(mi_option_arena_max_object_size, INT32_MAX);
}

/* Reserves the first arena, as mimalloc would at the first allocation, but with huge pages only beyond its first 32 MiB: a
   small program must not pay with whole huge pages for what it scatters over them. */
__attribute__((constructor)) static void tandem_native_start(void) {
  mi_process_init();
  const size_t small = 32 * MI_MiB, size = mi_option_get_size(mi_option_arena_reserve);
  const bool overcommit = _mi_os_has_overcommit();
  mi_arena_id_t arena;
  if (mi_reserve_os_memory_ex(size, overcommit, false, false, &arena) != 0) return;
  /* As there: what the kernel backs on demand counts when it is first used. */
  if (overcommit) mi_subproc_stat_adjust_decrease(_mi_subproc(), committed, size);
  if (mi_option_is_enabled(mi_option_allow_thp) && size > small) {
    madvise((uint8_t *)mi_arena_area(arena, NULL) + small, size - small, MADV_HUGEPAGE);
  }
}

/* At the end of the process the kernel takes all memory at once: above 1, mimalloc gives none back itself. */
void tandem_native_end(void) {
  mi_option_set(mi_option_destroy_on_exit, 2);
}
