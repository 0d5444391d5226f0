using System.Runtime.InteropServices;

namespace Fabric.Linux.Nftables;

/// <summary>Runs nft commands in this process, in one network namespace (libnftables(3), nft(8)).</summary>
/// <remarks>
/// All commands of one call are one transaction: all or none. A context stays bound to the namespace it was opened in,
/// but nft looks up <c>iif</c>/<c>oif</c> in the calling thread's: write <c>iifname</c>/<c>oifname</c>. Thread-safe;
/// calls of the whole process take turns, since the library makes no promise about threads.
/// </remarks>
public sealed class Nftables : IDisposable
{
    /// <summary>FD_SETSIZE, with some room for what other threads open meanwhile.</summary>
    private const int MostDescriptors = 1_000;

    private static readonly Lock Gate = new();

    // Written by the constructor and Dispose only; read under Gate.
    private nint _context;

    private Nftables()
    {
        lock (Gate)
        {
            CheckDescriptors();
            try
            {
                _context = NftLibrary.NewContext(0);
            }
            catch (DllNotFoundException exception)
            {
                throw new NftablesException("open nftables", "libnftables.so.1 is not installed", exception);
            }
            if (_context == 0)
                throw new NftablesException("open nftables", "no memory, or no netlink socket");
            if (NftLibrary.BufferOutput(_context) != 0 || NftLibrary.BufferError(_context) != 0)
            {
                Dispose();
                throw new NftablesException("open nftables", "no memory for its output");
            }
        }
    }

    /// <summary>
    /// The library waits with select(2), whose sets end at FD_SETSIZE, and a process with a descriptor beyond is ended by glibc. So a
    /// context is opened early and kept.
    /// </summary>
    private static void CheckDescriptors()
    {
        using var lowestFree = File.OpenHandle("/dev/null");
        if (lowestFree.DangerousGetHandle() >= MostDescriptors)
            throw new NftablesException("open nftables", $"{MostDescriptors} files and more are open, and the library can't work with another");
    }

    /// <summary>Opens a context in the namespace of this process.</summary>
    /// <exception cref="NftablesException">The library is missing or refuses.</exception>
    public static Nftables Open() => new();

    /// <summary>Opens a context that acts inside a namespace.</summary>
    /// <exception cref="NftablesException">The library is missing or refuses.</exception>
    /// <exception cref="SystemCallException">The namespace can't be entered.</exception>
    public static Nftables OpenIn(NetworkNamespace target) => target.Run(Open);

    /// <summary>Runs commands, one per line or separated by semicolons, as one transaction; returns what they print.
    /// </summary>
    /// <exception cref="NftablesException">One was refused; none has taken effect.</exception>
    public string Run(string commands) => Run("run nft commands", commands, 0, dryRun: false);

    /// <summary>Runs commands whose output is wanted as JSON (libnftables-json(5)).</summary>
    /// <exception cref="NftablesException">One was refused.</exception>
    public string RunJson(string commands) => Run("run nft commands", commands, NftLibrary.OutputJson, dryRun: false);

    /// <summary>Checks commands as far as that goes without changing anything.</summary>
    /// <exception cref="NftablesException">One would be refused.</exception>
    public void Check(string commands) => Run("check nft commands", commands, 0, dryRun: true);

    /// <summary>Frees the context; what it changed stays.</summary>
    public void Dispose()
    {
        lock (Gate)
        {
            if (_context != 0)
                NftLibrary.FreeContext(_context);
            _context = 0;
        }
    }

    private string Run(string operation, string commands, uint flags, bool dryRun)
    {
        lock (Gate)
        {
            ObjectDisposedException.ThrowIf(_context == 0, this);
            NftLibrary.SetOutputFlags(_context, flags);
            NftLibrary.SetDryRun(_context, dryRun ? (byte)1 : (byte)0);
            var result = NftLibrary.Run(_context, commands);
            // Reading a buffer empties it: read both, or this call's words turn up in the next one's.
            var output = Marshal.PtrToStringUTF8(NftLibrary.GetOutput(_context)) ?? "";
            var error = Marshal.PtrToStringUTF8(NftLibrary.GetError(_context)) ?? "";
            return result == 0 ? output : throw new NftablesException(operation, error.TrimEnd());
        }
    }
}
