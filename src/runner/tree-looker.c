/*
 * Tells whether files are still what they were, for less than half of what Node takes to look at them, and while Node does
 * something else. Everything works without it: see tree-looker.ts, which speaks with it.
 *
 * in:  requests (requests.h) of these fields:
 *      `note`, folder, paths below it...    what the file system says of each is noted, in place of what was
 *      `look`, folders...                   is it still the same of each?
 * out: `noted`, `same` or `unknown` and a line end. Whatever is not certain is unknown.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

#include "requests.h"

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

static ssize_t read_some(char *to, size_t count) { return read(0, to, count); }

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

/* Keeps the text of the request where all of it could be noted. */
static int note(struct request *request, const char *folder) {
  forget(folder);
  int opened = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return 0;
  size_t count = fields_left(request), at = 0;
  struct entry *entries = must(calloc(count + 1, sizeof *entries));
  while (at < count && look(opened, next(request), &entries[at])) at++;
  close(opened);
  if (at < count) {
    free(entries);
    return 0;
  }
  struct tree *tree = must(malloc(sizeof *tree));
  *tree = (struct tree){trees, request->text, folder, entries, count};
  trees = tree;
  return 1;
}

/* A part of a tree, and whether it is as it was. */
struct part {
  int folder;
  const struct entry *from, *to;
  int is_still;
};

static void *look_at_part(void *given) {
  struct part *part = given;
  struct entry now;
  const struct entry *at = part->from;
  while (at < part->to && look(part->folder, at->path, &now) && is_same(&now, at)) at++;
  part->is_still = at == part->to;
  return NULL;
}

/* What is worth a thread of its own takes about a millisecond. */
#define PART 600
#define MOST_PARTS 4

/* Each processor has a part of a large tree. */
static int is_still(const char *folder) {
  const struct tree *tree = *place_of(folder);
  int opened = tree == NULL ? -1 : open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return 0;
  size_t count = tree->count / PART, processors = (size_t)sysconf(_SC_NPROCESSORS_ONLN);
  if (count > processors) count = processors;
  if (count > MOST_PARTS) count = MOST_PARTS;
  if (count == 0) count = 1;
  struct part parts[MOST_PARTS];
  pthread_t threads[MOST_PARTS];
  size_t started = 1;
  for (size_t at = 0; at < count; at++)
    parts[at] = (struct part){opened, tree->entries + tree->count * at / count,
                              tree->entries + tree->count * (at + 1) / count, 0};
  while (started < count && pthread_create(&threads[started], NULL, look_at_part, &parts[started]) == 0) started++;
  look_at_part(&parts[0]);
  int is = parts[0].is_still;
  for (size_t at = 1; at < count; at++) {
    if (at < started) pthread_join(threads[at], NULL);
    else look_at_part(&parts[at]);
    is = is && parts[at].is_still;
  }
  close(opened);
  return is;
}

static void say(const char *word) { answer(word, strlen(word)); }

int main(void) {
  struct request request;
  while (read_request(&request, read_some)) {
    const char *what = next(&request), *folder = next(&request);
    if (strcmp(what, "note") == 0 && note(&request, folder)) {
      say("noted\n");
      continue;
    }
    int is = strcmp(what, "look") == 0 && is_still(folder);
    while (is && request.at < request.end) is = is_still(next(&request));
    say(is ? "same\n" : "unknown\n");
    free(request.text);
  }
  return 0;
}
