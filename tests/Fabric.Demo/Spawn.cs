using System.Runtime.InteropServices;
using System.Text;

namespace Fabric.Demo;

/// <summary>posix_spawn(3) and waitpid(2): starting a program with nothing around it, so that its own time is measured.</summary>
internal static partial class Spawn
{
    // fcntl.h
    private const int ReadOnly = 0;
    private const int WriteNew = 1 /* O_WRONLY */ | 0x40 /* O_CREAT */ | 0x200 /* O_TRUNC */;
    private const uint OwnerOnly = 0x180; // 0600
    private const int Interrupted = 4; // EINTR

    /// <summary>posix_spawn_file_actions_t: 80 bytes in glibc on every 64-bit architecture.</summary>
    private const int FileActionsBytes = 80;

    /// <summary>
    /// Starts a program with three files as its standard streams; it is in the network namespace of the calling thread.
    /// </summary>
    /// <returns>The pid, for <see cref="Wait"/>.</returns>
    public static unsafe int Start(string program, IReadOnlyDictionary<string, string> environment, Streams streams)
    {
        using var path = new CString(program);
        using var input = new CString(streams.Input);
        using var output = new CString(streams.Output);
        using var error = new CString(streams.Error);
        var variables = environment.Select(v => new CString($"{v.Key}={v.Value}")).ToArray();
        var arguments = stackalloc byte*[] { path.Pointer, null };
        var values = stackalloc byte*[variables.Length + 1];
        for (var i = 0; i < variables.Length; i++)
            values[i] = variables[i].Pointer;
        values[variables.Length] = null;
        var actions = stackalloc byte[FileActionsBytes];
        Check(FileActionsInit(actions), "posix_spawn_file_actions_init");
        try
        {
            Check(AddOpen(actions, 0, input.Pointer, ReadOnly, 0), "posix_spawn_file_actions_addopen");
            Check(AddOpen(actions, 1, output.Pointer, WriteNew, OwnerOnly), "posix_spawn_file_actions_addopen");
            Check(AddOpen(actions, 2, error.Pointer, WriteNew, OwnerOnly), "posix_spawn_file_actions_addopen");
            int pid;
            Check(PosixSpawn(&pid, path.Pointer, actions, null, arguments, values), $"start {program}");
            return pid;
        }
        finally
        {
            Check(FileActionsDestroy(actions), "posix_spawn_file_actions_destroy");
            foreach (var variable in variables)
                variable.Dispose();
        }
    }

    /// <summary>Waits until the program has ended.</summary>
    /// <returns>Its exit code, or 128 + the signal that ended it.</returns>
    public static unsafe int Wait(int pid)
    {
        int status;
        while (WaitPid(pid, &status, 0) < 0)
        {
            var errno = Marshal.GetLastSystemError();
            if (errno != Interrupted)
                throw new DemoException($"wait for process {pid}: {Marshal.GetPInvokeErrorMessage(errno)}");
        }

        // wait(2): the low 7 bits are the signal, the next 8 the exit code.
        return (status & 0x7f) == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f);
    }

    private static void Check(int errno, string operation)
    {
        if (errno != 0)
            throw new DemoException($"{operation}: {Marshal.GetPInvokeErrorMessage(errno)}");
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn")]
    private static unsafe partial int PosixSpawn(
        int* pid, byte* path, void* fileActions, void* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    private static unsafe partial int FileActionsInit(void* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen")]
    private static unsafe partial int AddOpen(void* actions, int descriptor, byte* path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static unsafe partial int FileActionsDestroy(void* actions);

    [LibraryImport("libc", EntryPoint = "waitpid")]
    private static unsafe partial int WaitPid(int pid, int* status, int options);

    /// <summary>The files that the program reads and writes.</summary>
    internal readonly record struct Streams(string Input, string Output, string Error);

    private sealed unsafe class CString(string text) : IDisposable
    {
        public byte* Pointer { get; private set; } = Copy(text);

        public void Dispose()
        {
            NativeMemory.Free(Pointer);
            Pointer = null;
        }

        private static byte* Copy(string text)
        {
            var length = Encoding.UTF8.GetByteCount(text);
            var copy = (byte*)NativeMemory.Alloc((nuint)length + 1);
            Encoding.UTF8.GetBytes(text, new Span<byte>(copy, length));
            copy[length] = 0;
            return copy;
        }
    }
}
