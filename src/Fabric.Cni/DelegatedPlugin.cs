using System.Runtime.InteropServices;
using System.Text;
using Fabric.Messages.Cni;

namespace Fabric.Cni;

/// <summary>Runs a delegated plugin on the host, where its binary, its files and its peers are; the agent's container
/// has none of them.</summary>
internal static unsafe class DelegatedPlugin
{
    private const int DeadlineMs = 60_000;
    private const int MaxEnvironment = 4 << 20;

    /// <summary>Runs it to its end, its deadline (60 s, or the call's if that is sooner) or the output limit.</summary>
    public static CniExecResultFrame Run(CniExecFrame exec, string cniPath, Deadline callDeadline)
    {
        // A call that is about to end needs a moment to report the plugin's end.
        var deadline = new Deadline(Math.Min(DeadlineMs, Math.Max(0, callDeadline.Milliseconds - 1_000)));
        if (Find(exec.Plugin, cniPath) is not { } path)
            return Failed(exec, CniExecOutcome.NotFound, 0, "plugin '" + exec.Plugin + "' not found in CNI_PATH '" + cniPath + "'");
        var inherited = Environment(out var errno);
        if (inherited is null)
            return Failed(exec, CniExecOutcome.NotStarted, errno, "/proc/self/environ can't be read: " + Libc.Describe(errno));
        var environment = Override(inherited, exec.Environment);

        int* output = stackalloc int[2];
        int* log = stackalloc int[2];
        var stdin = MemoryFile(exec.Stdin.Span);
        if (stdin < 0)
            return Failed(exec, CniExecOutcome.NotStarted, Libc.Error, "no memory file for stdin: " + Libc.Describe(Libc.Error));
        // Descriptors that leak on the failures below end with the process, which has nothing left to do but report.
        if (Libc.Pipe(output, Libc.CloseOnExec) < 0 || Libc.Pipe(log, Libc.CloseOnExec) < 0)
            return Failed(exec, CniExecOutcome.NotStarted, Libc.Error, "no pipe: " + Libc.Describe(Libc.Error));
        // With SIGCHLD ignored, as some parents leave it, the kernel would discard the exit status.
        _ = Libc.Signal(Libc.SigChild, 0);
        var status = Spawn(path, environment, stdin, output[1], log[1], out var pid);
        _ = Libc.Close(stdin);
        _ = Libc.Close(output[1]);
        _ = Libc.Close(log[1]);
        if (status != 0)
        {
            _ = Libc.Close(output[0]);
            _ = Libc.Close(log[0]);
            return Failed(exec, CniExecOutcome.NotStarted, status, path + " can't be started: " + Libc.Describe(status));
        }
        var capture = new PluginCapture(output[0], log[0]);
        var outcome = capture.Read(deadline);
        outcome = Reap(pid, outcome, deadline, out var code);
        return new CniExecResultFrame(exec.Id, outcome, code, capture.Stdout, capture.Stderr);
    }

    private static CniExecResultFrame Failed(CniExecFrame exec, CniExecOutcome outcome, int status, string message) =>
        new(exec.Id, outcome, status, default, Encoding.UTF8.GetBytes(message));

    /// <summary>The first executable of that name in CNI_PATH; null for a name that could leave those
    /// directories.</summary>
    private static string? Find(string plugin, string cniPath)
    {
        if (plugin.Length == 0 || plugin.Contains('/') || plugin.Contains('\0'))
            return null;
        foreach (var directory in cniPath.Split(':'))
        {
            if (directory.Length == 0)
                continue;
            var path = directory + "/" + plugin;
            fixed (byte* start = Encoding.UTF8.GetBytes(path + '\0'))
            {
                if (Libc.Access(start, Libc.Executable) != 0)
                    continue;
                var asDirectory = Libc.Open(start, Libc.PathOnly | Libc.DirectoryOnly | Libc.CloseOnExec);
                if (asDirectory < 0)
                    return path;
                _ = Libc.Close(asDirectory);
            }
        }
        return null;
    }

    /// <summary>This process's environment block as the runtime gave it, byte for byte: NAME=VALUE, each ended by a
    /// NUL.</summary>
    private static byte[]? Environment(out int errno)
    {
        int descriptor;
        fixed (byte* path = "/proc/self/environ"u8)
            descriptor = Libc.Open(path, Libc.ReadOnly | Libc.CloseOnExec);
        errno = descriptor < 0 ? Libc.Error : 0;
        if (descriptor < 0)
            return null;
        var bytes = Descriptors.ReadAll(descriptor, MaxEnvironment, out errno);
        _ = Libc.Close(descriptor);
        if (bytes is null && errno == 0)
            errno = Libc.ENOMEM;
        return bytes;
    }

    private static List<byte[]> Override(byte[] block, IReadOnlyList<CniOverride> overrides)
    {
        var result = new List<byte[]>();
        var rest = block.AsSpan();
        while (rest.Length > 0)
        {
            var end = rest.IndexOf((byte)0);
            var entry = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            if (entry.Length > 0 && !IsOverridden(entry, overrides))
                result.Add(Terminated(entry));
        }
        foreach (var variable in overrides)
            result.Add(Terminated(Encoding.UTF8.GetBytes(variable.Name + "=" + variable.Value)));
        return result;
    }

    private static bool IsOverridden(ReadOnlySpan<byte> entry, IReadOnlyList<CniOverride> overrides)
    {
        var equals = entry.IndexOf((byte)'=');
        var name = equals < 0 ? entry : entry[..equals];
        foreach (var variable in overrides)
        {
            if (name.SequenceEqual(Encoding.UTF8.GetBytes(variable.Name)))
                return true;
        }
        return false;
    }

    private static byte[] Terminated(ReadOnlySpan<byte> text)
    {
        var bytes = new byte[text.Length + 1];
        text.CopyTo(bytes);
        return bytes;
    }

    /// <summary>A file without a name that holds stdin: unlike a pipe it can't fill up and block either side.</summary>
    private static int MemoryFile(ReadOnlySpan<byte> bytes)
    {
        int descriptor;
        fixed (byte* name = "stdin"u8)
            descriptor = Libc.MemoryFile(name, 1);
        if (descriptor >= 0 && (Descriptors.WriteAll(descriptor, bytes) != 0 || Libc.Seek(descriptor, 0, 0) < 0))
        {
            _ = Libc.Close(descriptor);
            return -1;
        }
        return descriptor;
    }

    private static int Spawn(string path, List<byte[]> environment, int stdin, int stdout, int stderr, out int pid)
    {
        var pinned = new List<GCHandle>(environment.Count + 1);
        byte* Pin(byte[] bytes)
        {
            var handle = GCHandle.Alloc(bytes, GCHandleType.Pinned);
            pinned.Add(handle);
            return (byte*)handle.AddrOfPinnedObject();
        }

        var argv = stackalloc byte*[2];
        var file = Pin(Encoding.UTF8.GetBytes(path + '\0'));
        argv[0] = file;
        argv[1] = null;
        var envp = (byte**)NativeMemory.AllocZeroed((nuint)(environment.Count + 1), (nuint)sizeof(byte*));
        for (var i = 0; i < environment.Count; i++)
            envp[i] = Pin(environment[i]);

        Libc.SpawnFileActions actions;
        Libc.SpawnAttributes attributes;
        _ = Libc.InitActions(&actions);
        _ = Libc.AddDuplicate(&actions, stdin, 0);
        _ = Libc.AddDuplicate(&actions, stdout, 1);
        _ = Libc.AddDuplicate(&actions, stderr, 2);
        // A plugin expects a plain process: SIGPIPE kills it, and nothing is blocked.
        var defaults = new Libc.SignalSet { First64 = 1UL << (Libc.SigPipe - 1) | 1UL << (Libc.SigChild - 1) };
        var mask = default(Libc.SignalSet);
        _ = Libc.InitAttributes(&attributes);
        _ = Libc.SetSignalDefaults(&attributes, &defaults);
        _ = Libc.SetSignalMask(&attributes, &mask);
        _ = Libc.SetFlags(&attributes, Libc.SpawnSetSigDefault | Libc.SpawnSetSigMask);
        int child;
        var error = Libc.Spawn(&child, file, &actions, &attributes, argv, envp);
        _ = Libc.DestroyActions(&actions);
        _ = Libc.DestroyAttributes(&attributes);
        NativeMemory.Free(envp);
        foreach (var handle in pinned)
            handle.Free();
        pid = error == 0 ? child : 0;
        return error;
    }

    /// <summary>Waits for the child, which has closed its output; kills it if it doesn't end in time or was to be
    /// killed anyway.</summary>
    private static CniExecOutcome Reap(int pid, CniExecOutcome outcome, Deadline deadline, out int code)
    {
        int status;
        code = 0;
        while (outcome == CniExecOutcome.Exited)
        {
            var ended = Libc.WaitPid(pid, &status, Libc.NoHang);
            if (ended == pid)
                return Ended(status, out code);
            if (ended < 0 && Libc.Error != Libc.EINTR)
            {
                code = Libc.Error;
                return CniExecOutcome.NotStarted;
            }
            if (deadline.Passed)
                outcome = CniExecOutcome.TimedOut;
            else
                Descriptors.Rest(1);
        }
        _ = Libc.Kill(pid, Libc.SigKill);
        while (Libc.WaitPid(pid, &status, 0) < 0 && Libc.Error == Libc.EINTR)
            continue;
        return outcome;
    }

    // wait(2): the low seven bits are the signal, the byte above them the exit code.
    private static CniExecOutcome Ended(int status, out int code)
    {
        var signal = status & 0x7F;
        code = signal == 0 ? status >> 8 & 0xFF : signal;
        return signal == 0 ? CniExecOutcome.Exited : CniExecOutcome.Signaled;
    }
}
