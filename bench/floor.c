/*
 * What no program can leave out that does what Baton promises of a job: that every file it finds is as the commit has it, that
 * the shell runs, that its output is read and kept, and that its end is on the disk before the next thing depends on it.
 *
 * floor <jobs> <at a time> <folder> <journal> <program> <argument>...
 *
 * Each of the processes that run at a time looks at every entry below the folder (one fstatat each), starts the program there,
 * reads its output to the end, waits for it, and adds both to the journal, which is brought to the disk every 20 jobs.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char **paths;
static size_t count;

static void list(const char *folder) {
  DIR *opened = opendir(folder);
  for (struct dirent *entry; opened != NULL && (entry = readdir(opened)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || strncmp(entry->d_name, ".git", 5) == 0 || strcmp(entry->d_name, ".baton") == 0) continue;
    char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, entry->d_name) < 0) exit(1);
    paths = realloc(paths, (count + 1) * sizeof *paths);
    paths[count++] = path;
    if (entry->d_type == DT_DIR) list(path);
  }
  if (opened != NULL) closedir(opened);
}

int main(int argc, char **argv) {
  if (argc < 6) return 2;
  int jobs = atoi(argv[1]), slots = atoi(argv[2]), journal = open(argv[4], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (chdir(argv[3]) != 0 || journal < 0) return 1;
  list(".");
  for (int slot = 0; slot < slots; slot++) {
    if (fork() != 0) continue;
    for (int job = slot; job < jobs; job += slots) {
      struct stat found;
      for (size_t at = 0; at < count; at++)
        if (fstatat(AT_FDCWD, paths[at], &found, AT_SYMLINK_NOFOLLOW) != 0) _exit(1);
      int ends[2], status;
      if (pipe2(ends, O_CLOEXEC) != 0) _exit(1);
      pid_t pid = vfork();
      if (pid == 0) {
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        execvp(argv[5], argv + 5);
        _exit(127);
      }
      close(ends[1]);
      char text[65536];
      for (ssize_t got; (got = read(ends[0], text, sizeof text)) > 0;)
        if (write(journal, text, (size_t)got) != got) _exit(1);
      close(ends[0]);
      if (waitpid(pid, &status, 0) != pid || status != 0) _exit(1);
      if (write(journal, "ended\n", 6) != 6) _exit(1);
      if (job / slots % (20 / (slots > 20 ? 20 : slots)) == 0) fdatasync(journal);
    }
    _exit(0);
  }
  int status, failed = 0;
  while (wait(&status) > 0) failed |= status;
  return failed != 0;
}
