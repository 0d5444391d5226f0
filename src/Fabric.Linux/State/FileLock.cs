using System.Runtime.InteropServices;
using System.Text;
using Fabric.Linux.Interop;
using Microsoft.Win32.SafeHandles;

namespace Fabric.Linux.State;

/// <summary>Keeps every other process off a directory while it is held (flock(2)).</summary>
/// <remarks>The kernel releases it when the process ends, however it ends; the file stays and means nothing by itself.
/// Not effective on network file systems that do not pass locks on.</remarks>
public sealed class FileLock : IDisposable
{
    private const string FileName = "lock";
    private readonly SafeFileHandle _file;

    private FileLock(SafeFileHandle file) => _file = file;

    /// <summary>Takes the lock of a directory at once or fails; never waits.</summary>
    /// <exception cref="SystemCallException">Another process holds it (EAGAIN, naming its pid), or the file
    /// <c>lock</c> can't be opened for writing.</exception>
    public static FileLock Acquire(string directory)
    {
        var path = Path.Combine(directory, FileName);
        var operation = $"lock {path}";
        var file = Libc.Owned(
            Libc.Open(path, Libc.OpenReadWrite | Libc.OpenCreate | Libc.OpenCloexec, 0x180 /* 0600 */), operation);
        try
        {
            if (Libc.Lock(file, Libc.LockExclusive | Libc.LockNonBlocking) < 0)
            {
                var errno = Marshal.GetLastPInvokeError();
                throw new SystemCallException(
                    operation, errno, errno == Errno.Again ? $"held by process {OwnerOf(file)}" : null);
            }
            RandomAccess.SetLength(file, 0);
            RandomAccess.Write(file, Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n"), 0);
            return new FileLock(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Releases the lock.</summary>
    public void Dispose() => _file.Dispose();

    private static string OwnerOf(SafeFileHandle file)
    {
        Span<byte> buffer = stackalloc byte[32];
        var text = Encoding.ASCII.GetString(buffer[..RandomAccess.Read(file, buffer, 0)]).Trim();
        // The owner writes its pid just after it has the lock; in between the file says nothing.
        return text.Length > 0 ? text : "unknown";
    }
}
