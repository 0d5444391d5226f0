using System.Globalization;
using System.Text;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>How one cluster's records are named in etcd (docs/journal-format.md, etcd).</summary>
/// <remarks>
/// A stream's name is percent-encoded as one piece, so that no stream's keys lie between another's. Numbers have 20 digits,
/// so that their order as bytes is their order.
/// </remarks>
internal sealed class EtcdKeys(string prefix, string cluster)
{
    private const string FirstNumber = "0";
    private const string AfterNumbers = ":";
    private readonly string _root = $"{prefix}/{cluster}/";

    public byte[] Head(PersistenceId stream) => Bytes($"head/{Piece(stream)}");

    /// <summary>A commit is found by its last event's number: the first commit from N on is the one that N is in.</summary>
    public byte[] Commit(PersistenceId stream, long lastSequenceNr) => Bytes($"commit/{Piece(stream)}/{Number(lastSequenceNr)}");

    public byte[] AllCommitsBegin => Bytes("commit/");

    public byte[] AllCommitsEnd => Bytes("commit0");

    /// <summary>What the keys of a stream's commits begin with, and those of no other.</summary>
    public byte[] CommitPrefix(PersistenceId stream) => Bytes($"commit/{Piece(stream)}/");

    public byte[] CommitsBegin(PersistenceId stream) => Bytes($"commit/{Piece(stream)}/{FirstNumber}");

    public byte[] CommitsEnd(PersistenceId stream) => Bytes($"commit/{Piece(stream)}/{AfterNumbers}");

    /// <param name="digest">Tells snapshots at the same number apart, so that none is ever overwritten half-way.</param>
    public byte[] SnapshotPart(PersistenceId stream, long sequenceNr, string digest, int part) =>
        Bytes($"snapshot/{Piece(stream)}/{Number(sequenceNr)}/{digest}/{part.ToString("D4", CultureInfo.InvariantCulture)}");

    public byte[] SnapshotsBegin(PersistenceId stream) => Bytes($"snapshot/{Piece(stream)}/{FirstNumber}");

    public byte[] SnapshotsAt(PersistenceId stream, long sequenceNr) => Bytes($"snapshot/{Piece(stream)}/{Number(sequenceNr)}");

    public byte[] Lease(string name) => Bytes($"lease/{name}");

    /// <summary>The first key after all leases whose names begin so.</summary>
    public byte[] LeasesEnd(string namePrefix)
    {
        // UTF-8 holds no byte 255, so the last one can be raised.
        var end = Lease(namePrefix);
        end[^1]++;
        return end;
    }

    public string LeaseName(byte[] key) => Encoding.UTF8.GetString(key.AsSpan(Lease("").Length));

    private static string Piece(PersistenceId stream) => $"{Uri.EscapeDataString(stream.Kind)}/{Uri.EscapeDataString(stream.Key)}";

    private static string Number(long number) => number.ToString("D20", CultureInfo.InvariantCulture);

    private byte[] Bytes(string path) => Encoding.UTF8.GetBytes(_root + path);
}
