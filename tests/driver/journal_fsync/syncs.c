/* Put before the C library by LD_PRELOAD: notes in the file ZFSSA_SYNCS, in their order, writes to
 * journals and to drafts of token files, renames and removals, syncs of these files and of
 * directories, and what is sent over sockets. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static void note(const char *what, const char *path)
{
    static int log = -1;
    if (log < 0 && getenv("ZFSSA_SYNCS"))
        log = open(getenv("ZFSSA_SYNCS"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    char line[PATH_MAX + 16];
    int length = snprintf(line, sizeof line, "%s %s\n", what, path);
    /* The call itself, since the function of that name is ours. */
    if (log >= 0)
        (void)!syscall(SYS_write, log, line, (size_t)length);
}

static int ends_with(const char *path, const char *end)
{
    size_t length = strlen(path), last = strlen(end);
    return length > last && !strcmp(path + length - last, end);
}

/* Notes what is done to a descriptor: `file` for a journal or the draft of a token file, `directory`
 * for a directory, `socket` for a socket, each NULL where it is of no interest. */
static void look(int fd, const char *file, const char *directory, const char *socket)
{
    struct stat stat;
    char link[64], path[PATH_MAX] = "";
    if (fstat(fd, &stat) != 0)
        return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (readlink(link, path, sizeof path - 1) < 0)
        return;
    if (S_ISSOCK(stat.st_mode) && socket)
        note(socket, "");
    else if (S_ISDIR(stat.st_mode) && directory)
        note(directory, path);
    else if (S_ISREG(stat.st_mode) && file && (ends_with(path, ".flow") || ends_with(path, "/token.new")))
        note(file, path);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *bytes, size_t count)
{
    look(fd, "write", NULL, "send");
    return NEXT(write)(fd, bytes, count);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    look(fd, "write", NULL, "send");
    return NEXT(writev)(fd, parts, count);
}

ssize_t send(int fd, const void *bytes, size_t count, int flags)
{
    look(fd, NULL, NULL, "send");
    return NEXT(send)(fd, bytes, count, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    look(fd, NULL, NULL, "send");
    return NEXT(sendmsg)(fd, message, flags);
}

int rename(const char *from, const char *to)
{
    note("rename", to);
    return NEXT(rename)(from, to);
}

int unlink(const char *path)
{
    note("unlink", path);
    return NEXT(unlink)(path);
}

/* Noted when they are done: what is on the way to the disk is not on it. */
int fsync(int fd)
{
    int result = NEXT(fsync)(fd);
    look(fd, "sync", "sync", NULL);
    return result;
}

int fdatasync(int fd)
{
    int result = NEXT(fdatasync)(fd);
    look(fd, "sync", "sync", NULL);
    return result;
}
