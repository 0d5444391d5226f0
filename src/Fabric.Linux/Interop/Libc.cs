using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fabric.Linux.Interop;

/// <summary>The system calls this assembly makes, with blittable signatures; each leaves errno.</summary>
/// <remarks>Structures here have one layout on every 64-bit Linux; <c>stat</c> has not, which is why
/// <c>statx</c> is used.</remarks>
internal static unsafe partial class Libc
{
    public const int AfInet = 2, AfInet6 = 10, AfNetlink = 16, AfPacket = 17;
    public const int SockDgram = 2, SockRaw = 3, SockCloexec = 0x80000;
    public const int SolSocket = 1, SolNetlink = 270;
    public const int SoReceiveBuffer = 8, SoPeerCredentials = 17, SoReceiveTimeout = 20;
    public const int MsgDontWait = 0x40, MsgTrunc = 0x20, MsgNoSignal = 0x4000;
    public const int MsgCmsgCloexec = 0x40000000;
    public const int ScmRights = 1;
    public const int OpenReadOnly = 0, OpenWriteOnly = 1, OpenReadWrite = 2, OpenCreate = 0x40, OpenCloexec = 0x80000;
    public const int CloneNewNet = 0x40000000;
    public const int AtEmptyPath = 0x1000;
    public const int LockExclusive = 2, LockNonBlocking = 4;
    public const nuint NsGetNsType = 0xb703;
    public const nuint SiocEthtool = 0x8946;

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(SafeHandle socket, void* address, uint length);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    public static partial int GetSocketOption(SafeHandle socket, int level, int name, void* value, uint* length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetSocketOption(SafeHandle socket, int level, int name, void* value, uint length);

    [LibraryImport("libc", EntryPoint = "sendto", SetLastError = true)]
    public static partial nint SendTo(
        SafeHandle socket, void* buffer, nuint length, int flags, void* address, uint addressLength);

    [LibraryImport("libc", EntryPoint = "recvfrom", SetLastError = true)]
    public static partial nint ReceiveFrom(
        SafeHandle socket, void* buffer, nuint length, int flags, void* address, uint* addressLength);

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    public static partial nint SendMessage(SafeHandle socket, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    public static partial nint ReceiveMessage(SafeHandle socket, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Ioctl(SafeHandle descriptor, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    public static partial int SetNamespace(SafeHandle descriptor, int type);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(SafeHandle descriptor, void* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(SafeHandle descriptor, void* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    public static partial int ChangeMode(SafeHandle descriptor, uint mode);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    public static partial int Lock(SafeHandle descriptor, int operation);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Status(SafeHandle directory, string path, int flags, uint mask, StatusBuffer* buffer);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    /// <summary>Wraps a descriptor just returned by a system call, or reports why there is none.</summary>
    public static SafeFileHandle Owned(int descriptor, string operation) => descriptor >= 0
        ? new SafeFileHandle(descriptor, ownsHandle: true)
        : throw SystemCallException.FromLastError(operation);

    [StructLayout(LayoutKind.Sequential)]
    public struct IoVector
    {
        public void* Base;
        public nuint Length;
    }

    /// <summary><c>struct msghdr</c> as glibc declares it (recvmsg(2)).</summary>
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

    /// <summary>The fields of <c>struct statx</c> (256 bytes, statx(2)) that identify a file.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    public struct StatusBuffer
    {
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Inode;
        [FieldOffset(136)] public uint DeviceMajor;
        [FieldOffset(140)] public uint DeviceMinor;
    }
}
