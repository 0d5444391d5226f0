using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace Fabric.Cni;

/// <summary>The system calls the binary makes, bound directly: the class library's sockets and processes cost
/// milliseconds to start.</summary>
/// <remarks>
/// Constants are those of 64-bit Linux (asm-generic, which x86-64 and arm64 share). Calls that set errno leave it in
/// <see cref="Marshal.GetLastPInvokeError"/>.
/// </remarks>
internal static unsafe partial class Libc
{
    public const int ReadOnly = 0;
    public const int CloseOnExec = 0x80000;
    public const int NonBlocking = 0x800;
    public const int PathOnly = 0x200000;
    public const int DirectoryOnly = 0x10000;
    public const int Unix = 1;
    public const int Stream = 1;
    public const int SolSocket = 1;
    public const int ScmRights = 1;
    public const int NoSignal = 0x4000;
    public const short PollIn = 1;
    public const short PollOut = 4;
    public const int Executable = 1;
    public const int NoHang = 1;

    public const int SigKill = 9;
    public const int SigPipe = 13;
    public const int SigChild = 17;

    public const int ENOENT = 2;
    public const int EINTR = 4;
    public const int EAGAIN = 11;
    public const int ENOMEM = 12;
    public const int EACCES = 13;

    [StructLayout(LayoutKind.Sequential)]
    public struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct IoVector
    {
        public void* Base;
        public nuint Length;
    }

    /// <summary>struct msghdr (sendmsg(2)); the sequential layout pads as C does.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct MessageHeader
    {
        public void* Name;
        public uint NameLength;
        public IoVector* Vectors;
        public nuint VectorCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    /// <summary>A struct cmsghdr with one descriptor behind it (cmsg(3)): CMSG_LEN is 20, CMSG_SPACE 24.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 24)]
    public struct DescriptorControl
    {
        public nuint Length;
        public int Level;
        public int Type;
        public int Descriptor;
    }

    /// <summary>posix_spawn_file_actions_t: 80 bytes in glibc on every 64-bit architecture.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 80)]
    public struct SpawnFileActions
    {
        private readonly ulong _opaque;
    }

    /// <summary>posix_spawnattr_t: 336 bytes in glibc on every 64-bit architecture.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 336)]
    public struct SpawnAttributes
    {
        private readonly ulong _opaque;
    }

    /// <summary>sigset_t: signal n is bit n-1.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 128)]
    public struct SignalSet
    {
        public ulong First64;
    }

    public const short SpawnSetSigMask = 0x08;
    public const short SpawnSetSigDefault = 0x04;

    [LibraryImport("libc", EntryPoint = "getenv")]
    public static partial byte* GetEnv(byte* name);

    [LibraryImport("libc", EntryPoint = "isatty")]
    public static partial int IsTerminal(int descriptor);

    [LibraryImport("libc", EntryPoint = "signal")]
    public static partial nint Signal(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    public static partial int Open(byte* path, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    public static partial nint Seek(int descriptor, nint offset, int whence);

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true)]
    public static partial int MemoryFile(byte* name, uint flags);

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    public static partial int Pipe(int* pair, int flags);

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true)]
    public static partial int Access(byte* path, int mode);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(PollDescriptor* descriptors, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    public static partial int Connect(int socket, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    public static partial nint SendMessage(int socket, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "posix_spawn")]
    public static partial int Spawn(
        int* pid, byte* path, SpawnFileActions* actions, SpawnAttributes* attributes, byte** argv, byte** envp);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    public static partial int InitActions(SpawnFileActions* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    public static partial int AddDuplicate(SpawnFileActions* actions, int from, int to);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    public static partial int DestroyActions(SpawnFileActions* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    public static partial int InitAttributes(SpawnAttributes* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    public static partial int SetFlags(SpawnAttributes* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    public static partial int SetSignalDefaults(SpawnAttributes* attributes, SignalSet* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    public static partial int SetSignalMask(SpawnAttributes* attributes, SignalSet* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    public static partial int DestroyAttributes(SpawnAttributes* attributes);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    public static partial int WaitPid(int pid, int* status, int options);

    [LibraryImport("libc", EntryPoint = "kill")]
    public static partial int Kill(int pid, int signal);

    /// <summary>The errno of the last call on this thread that sets it.</summary>
    public static int Error => Marshal.GetLastPInvokeError();

    /// <summary>An errno as people know it: the words of errno(3) for those that are to be expected here.</summary>
    public static string Describe(int errno) => errno switch
    {
        1 => "Operation not permitted",
        ENOENT => "No such file or directory",
        9 => "Bad file descriptor",
        EAGAIN => "Resource temporarily unavailable",
        ENOMEM => "Out of memory",
        EACCES => "Permission denied",
        20 => "Not a directory",
        21 => "Is a directory",
        22 => "Invalid argument",
        24 => "Too many open files",
        8 => "Exec format error",
        32 => "Broken pipe",
        40 => "Too many levels of symbolic links",
        91 => "Protocol wrong type for socket",
        104 => "Connection reset by peer",
        111 => "Connection refused",
        _ => "errno " + errno.ToString(System.Globalization.CultureInfo.InvariantCulture),
    };
}
