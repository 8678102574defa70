/*
 * Tells whether files are still what they were, for less than half of what Node takes to look at them, and while Node does
 * something else. Everything works without it: see tree-looker.ts, which speaks with it.
 *
 * in:  <8 digits: bytes that follow> and fields that each end with a zero byte:
 *      `note`, folder, paths below it...    what the file system says of each is noted, in place of what was
 *      `look`, folder                       is it still the same of each?
 * out: `noted`, `same` or `unknown` and a line end. Whatever is not certain is unknown.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct entry {
  const char *path;
  dev_t device;
  ino_t inode;
  mode_t mode;
  off_t size;
  struct timespec changed, written;
};

struct tree {
  struct tree *next;
  /* The request, which all paths point into. */
  char *text;
  const char *folder;
  struct entry *entries;
  size_t count;
};

static struct tree *trees;

static int read_all(char *to, size_t count) {
  while (count > 0) {
    ssize_t got = read(0, to, count);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return 0;
    to += got;
    count -= (size_t)got;
  }
  return 1;
}

static void answer(const char *text) {
  size_t length = strlen(text);
  while (length > 0) {
    ssize_t written = write(1, text, length);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) _exit(1);
    text += written;
    length -= (size_t)written;
  }
}

static void *must(void *memory) {
  if (memory == NULL) _exit(1);
  return memory;
}

static int look(int folder, const char *path, struct entry *entry) {
  struct stat found;
  if (fstatat(folder, path, &found, AT_SYMLINK_NOFOLLOW) != 0) return 0;
  *entry = (struct entry){path,          found.st_dev,  found.st_ino, found.st_mode,
                          found.st_size, found.st_ctim, found.st_mtim};
  return 1;
}

static int is_same_time(struct timespec a, struct timespec b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

static int is_same(const struct entry *a, const struct entry *b) {
  return a->device == b->device && a->inode == b->inode && a->mode == b->mode && a->size == b->size &&
         is_same_time(a->changed, b->changed) && is_same_time(a->written, b->written);
}

static struct tree **place_of(const char *folder) {
  struct tree **place = &trees;
  while (*place != NULL && strcmp((*place)->folder, folder) != 0) place = &(*place)->next;
  return place;
}

static void forget(const char *folder) {
  struct tree **place = place_of(folder), *known = *place;
  if (known == NULL) return;
  *place = known->next;
  free(known->entries);
  free(known->text);
  free(known);
}

/* Keeps `text` where all of it could be noted. */
static int note(char *text, const char *folder, char *paths, const char *end) {
  forget(folder);
  int opened = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return 0;
  size_t count = 0, at = 0;
  for (const char *path = paths; path < end; path += strlen(path) + 1) count++;
  struct entry *entries = must(calloc(count + 1, sizeof *entries));
  for (const char *path = paths; path < end; path += strlen(path) + 1, at++)
    if (!look(opened, path, &entries[at])) break;
  close(opened);
  if (at < count) {
    free(entries);
    return 0;
  }
  struct tree *tree = must(malloc(sizeof *tree));
  *tree = (struct tree){trees, text, folder, entries, count};
  trees = tree;
  return 1;
}

static int is_still(const char *folder) {
  const struct tree *tree = *place_of(folder);
  int opened = tree == NULL ? -1 : open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return 0;
  size_t at = 0;
  struct entry now;
  while (at < tree->count && look(opened, tree->entries[at].path, &now) && is_same(&now, &tree->entries[at])) at++;
  close(opened);
  return at == tree->count;
}

int main(void) {
  char head[9] = {0};
  while (read_all(head, 8)) {
    size_t size = strtoul(head, NULL, 10);
    char *text = must(calloc(size + 2, 1));
    if (!read_all(text, size)) return 0;
    char *folder = text + strlen(text) + 1, *paths = folder + strlen(folder) + 1;
    if (strcmp(text, "note") == 0 && note(text, folder, paths, text + size)) {
      answer("noted\n");
      continue;
    }
    answer(strcmp(text, "look") == 0 && is_still(folder) ? "same\n" : "unknown\n");
    free(text);
  }
  return 0;
}
