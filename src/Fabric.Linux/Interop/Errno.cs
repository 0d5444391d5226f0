using System.Runtime.InteropServices;

namespace Fabric.Linux.Interop;

/// <summary>The errno values this assembly decides on (asm-generic/errno-base.h, errno.h; equal on all 64-bit
/// architectures .NET supports).</summary>
internal static class Errno
{
    public const int NoEntry = 2, NoProcess = 3, Interrupted = 4, Again = 11, NoMemory = 12, Busy = 16, Exists = 17;
    public const int NoDevice = 19, Invalid = 22;
    public const int BadMessage = 74, AddressInUse = 98, AddressNotAvailable = 99;
    public const int NoBufferSpace = 105, TimedOut = 110;

    /// <summary>Whether the same request may succeed when repeated unchanged a moment later.</summary>
    public static bool IsTransient(int errno) =>
        errno is Interrupted or Again or NoMemory or Busy or NoBufferSpace or TimedOut;

    public static string Describe(int errno) => $"{Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})";
}
