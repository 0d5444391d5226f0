using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Fabric.Bench;

/// <summary>Runs a program to its end with as little of our own around it as possible: posix_spawn(3) and waitpid(2).</summary>
/// <remarks>
/// <see cref="Process"/> costs more than the CNI binary itself. Standard input and output are files. Any thread; the child gets the
/// network namespace of the thread.
/// </remarks>
internal static unsafe partial class ChildProcess
{
    private const int WriteCreateTruncate = 0x1 | 0x40 | 0x200;
    private const int NewNetwork = 0x40000000; // CLONE_NEWNET

    /// <summary>Runs the program; the time is from before it is started until it has been waited for.</summary>
    public static (int ExitCode, TimeSpan Elapsed) Run(
        string program, IReadOnlyDictionary<string, string> environment, string inputPath, string outputPath,
        params ReadOnlySpan<string> arguments)
    {
        using var argv = new TextArray([program, .. arguments]);
        using var envp = new TextArray([.. environment.Select(e => $"{e.Key}={e.Value}")]);
        var actions = stackalloc byte[256]; // posix_spawn_file_actions_t is 80 bytes in glibc
        Check(FileActionsInit(actions), "posix_spawn_file_actions_init");
        try
        {
            Check(FileActionsAddOpen(actions, 0, inputPath, 0, 0), "addopen");
            Check(FileActionsAddOpen(actions, 1, outputPath, WriteCreateTruncate, 0x180), "addopen");
            var start = Stopwatch.GetTimestamp();
            Check(Spawn(out var pid, program, actions, 0, argv.Pointer, envp.Pointer), $"start {program}");
            int status;
            while (WaitPid(pid, &status, 0) < 0)
            {
                if (Marshal.GetLastPInvokeError() != 4 /* EINTR */)
                    throw new Win32Exception();
            }
            var elapsed = Stopwatch.GetElapsedTime(start);
            return ((status & 0x7f) == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f), elapsed);
        }
        finally
        {
            _ = FileActionsDestroy(actions);
        }
    }

    /// <summary>Runs <paramref name="work"/> on a thread of its own inside a network namespace, and waits for it.</summary>
    public static T Inside<T>(string namespacePath, Func<T> work)
    {
        var completion = new TaskCompletionSource<T>();
        var thread = new Thread(() =>
        {
            try
            {
                using var handle = File.OpenHandle(namespacePath);
                if (SetNs(handle.DangerousGetHandle().ToInt32(), NewNetwork) < 0)
                    throw new Win32Exception();
                completion.SetResult(work());
            }
            catch (Exception e)
            {
                completion.SetException(e);
            }
        });
        thread.Start();
        return completion.Task.GetAwaiter().GetResult();
    }

    private static void Check(int error, string operation)
    {
        if (error != 0)
            throw new Win32Exception(error, $"{operation}: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    /// <summary>A NULL-terminated array of C strings.</summary>
    private sealed class TextArray : IDisposable
    {
        private readonly nint[] _texts;

        public TextArray(IReadOnlyList<string> texts)
        {
            _texts = [.. texts.Select(Marshal.StringToCoTaskMemUTF8)];
            Pointer = (nint*)NativeMemory.Alloc((nuint)(_texts.Length + 1), (nuint)sizeof(nint));
            _texts.CopyTo(new Span<nint>(Pointer, _texts.Length));
            Pointer[_texts.Length] = 0;
        }

        public nint* Pointer { get; }

        public void Dispose()
        {
            NativeMemory.Free(Pointer);
            foreach (var text in _texts)
                Marshal.FreeCoTaskMem(text);
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Spawn(out int pid, string path, byte* actions, nint attributes, nint* argv, nint* envp);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    private static partial int FileActionsInit(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int FileActionsAddOpen(byte* actions, int descriptor, string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static partial int FileActionsDestroy(byte* actions);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    private static partial int WaitPid(int pid, int* status, int options);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNs(int descriptor, int kind);
}
