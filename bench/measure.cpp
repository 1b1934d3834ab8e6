// Runs a command and tells what it took as a whole process: `measure RESULT COMMAND [ARGUMENT]...` writes into RESULT
//   exit-code wall-seconds user-seconds system-seconds peak-KiB     (exit code: 128 + signal if one ended it)
// A program of its own because Linux counts as a process's peak memory also what it had before exec: whatever a large
// harness starts seems at least as large as the harness. This one is smaller than anything it measures.
#include <csignal>
#include <cstdio>
#include <ctime>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

double now()
{
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double seconds(timeval const& time)
{
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

} // namespace

int main(int count, char** arguments)
{
    if (count < 3)
    {
        std::fprintf(stderr, "usage: measure RESULT COMMAND [ARGUMENT]...\n");
        return 2;
    }
    double const begin = now();
    pid_t const child = ::fork();
    if (child == 0)
    {
        // Whoever stops this program stops the command.
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::execvp(arguments[2], arguments + 2);
        std::perror(arguments[2]);
        ::_exit(127);
    }
    int status = 0;
    rusage usage{};
    if (child < 0 || ::wait4(child, &status, 0, &usage) != child)
    {
        std::perror("measure");
        return 1;
    }
    double const wall = now() - begin;
    std::FILE* const result = std::fopen(arguments[1], "w");
    if (result == nullptr)
    {
        std::perror(arguments[1]);
        return 1;
    }
    int const code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    std::fprintf(
        result, "%d %.6f %.6f %.6f %ld\n", code, wall, seconds(usage.ru_utime), seconds(usage.ru_stime),
        usage.ru_maxrss);
    return std::fclose(result) == 0 ? 0 : 1;
}
