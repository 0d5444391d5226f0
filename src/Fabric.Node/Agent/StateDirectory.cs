using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using Fabric.Linux.State;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>What belongs to this node alone and outlives the agent: its uid, its incarnation, its journal.</summary>
/// <remarks>One owner: a second agent on the same directory is refused while the first one lives (flock).</remarks>
public sealed class StateDirectory : IDisposable
{
    private readonly FileLock _lock;

    private StateDirectory(string path, FileLock owner, string uid, long incarnation)
    {
        Path = path;
        _lock = owner;
        Uid = uid;
        Incarnation = incarnation;
    }

    public string Path { get; }

    /// <summary>Random, drawn at the first start: a reinstalled node is another one.</summary>
    public string Uid { get; }

    /// <summary>Counts the starts, and the returns after a removal; it is on disk before anything is written under it.</summary>
    public long Incarnation { get; private set; }

    /// <exception cref="IOException">It can't be written.</exception>
    public long NextIncarnation()
    {
        WriteSynced(IncarnationPath(Path), (Incarnation + 1).ToString(CultureInfo.InvariantCulture));
        return ++Incarnation;
    }

    /// <summary>Whether the cluster store has confirmed this node's blocks since the machine booted.</summary>
    public bool IsBootConfirmed(string bootId) =>
        File.Exists(ConfirmedBootPath) && File.ReadAllText(ConfirmedBootPath).Trim() == bootId;

    public void ConfirmBoot(string bootId)
    {
        if (!IsBootConfirmed(bootId))
            WriteSynced(ConfirmedBootPath, bootId);
    }

    /// <summary>The tunnels' ends that were in use last; empty before the first start.</summary>
    public ImmutableArray<IpAddress> LastVteps => File.Exists(VtepsPath)
        ? [.. File.ReadAllText(VtepsPath).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(a => IpAddress.TryParse(a, CultureInfo.InvariantCulture, out var address) ? address : (IpAddress?)null).OfType<IpAddress>()]
        : [];

    /// <exception cref="IOException">It can't be written.</exception>
    public void RememberVteps(ImmutableArray<IpAddress> vteps)
    {
        if (!LastVteps.SequenceEqual(vteps))
            WriteSynced(VtepsPath, string.Join(',', vteps));
    }

    private string VtepsPath => System.IO.Path.Combine(Path, "vteps");

    private string ConfirmedBootPath => System.IO.Path.Combine(Path, "confirmed-boot");

    public string JournalPath => System.IO.Path.Combine(Path, "journal.db");

    /// <exception cref="IOException">Another agent owns the directory, or it can't be written.</exception>
    public static StateDirectory Open(string path)
    {
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var owner = FileLock.Acquire(path);
        try
        {
            var uid = ReadOrWrite(System.IO.Path.Combine(path, "node-uid"), () => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
            var counter = IncarnationPath(path);
            var last = File.Exists(counter) && long.TryParse(File.ReadAllText(counter), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0;
            WriteSynced(counter, (last + 1).ToString(CultureInfo.InvariantCulture));
            return new StateDirectory(path, owner, uid, last + 1);
        }
        catch
        {
            owner.Dispose();
            throw;
        }
    }

    public void Dispose() => _lock.Dispose();

    private static string IncarnationPath(string directory) => System.IO.Path.Combine(directory, "incarnation");

    private static string ReadOrWrite(string path, Func<string> make)
    {
        if (File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } known)
            return known;
        var text = make();
        WriteSynced(path, text);
        return text;
    }

    /// <summary>Written beside and renamed, so that a crash leaves the old content or the new, never half.</summary>
    private static void WriteSynced(string path, string text)
    {
        var beside = path + ".new";
        using (var file = new FileStream(beside, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            file.Write(System.Text.Encoding.UTF8.GetBytes(text));
            file.Flush(flushToDisk: true);
        }
        File.Move(beside, path, overwrite: true);
    }
}
