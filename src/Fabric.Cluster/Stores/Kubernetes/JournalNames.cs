using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Fabric.Cluster.Kubernetes;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>How one cluster's objects are named and labelled (docs/journal-format.md, Kubernetes).</summary>
/// <remarks>
/// A name has a readable part, and 80 bits of a hash over the cluster and the real name, which the object holds too: names
/// in Kubernetes have no upper case and no slash (RFC 1123, section 2.1), and labels 63 characters.
/// </remarks>
internal sealed class JournalNames(string ns, string cluster)
{
    public const string ClusterLabel = "fabric.cni.dev/cluster";
    public const string StreamLabel = "fabric.cni.dev/journal";

    private const int ReadableChars = 42;
    private const int NameHashBytes = 10;
    private const int DigestBytes = 8;

    public string Namespace => ns;

    public string Cluster => cluster;

    /// <summary>At most 63 characters, so that it is a label's value too.</summary>
    public string Journal(PersistenceId stream) => Name($"{cluster}-{stream.Value}", $"{cluster}\0{stream.Value}");

    public string Segment(PersistenceId stream, SegmentRef segment) =>
        string.Create(CultureInfo.InvariantCulture, $"{Journal(stream)}.{segment.First}.{segment.Digest}");

    public string SnapshotPart(PersistenceId stream, SnapshotRef snapshot, int part) =>
        string.Create(CultureInfo.InvariantCulture, $"{Journal(stream)}.{snapshot.SequenceNr}.{snapshot.Digest}.{part}");

    /// <summary>The names of all objects that a journal refers to.</summary>
    public IEnumerable<(bool IsSegment, string Name)> Parts(PersistenceId stream, JournalSpec head) =>
    [
        .. head.Segments.Select(s => (true, Segment(stream, s))),
        .. new[] { head.Snapshot, head.Previous }.OfType<SnapshotRef>()
            .SelectMany(s => Enumerable.Range(0, s.Parts).Select(part => (false, SnapshotPart(stream, s, part)))),
    ];

    public ObjectMeta JournalMeta(PersistenceId stream) => new(Journal(stream), ns, Labels: Labels);

    public ObjectMeta PartMeta(PersistenceId stream, string name) =>
        new(name, ns, Labels: Labels.Add(StreamLabel, Journal(stream)));

    public ObjectQuery Journals => new(ns, $"{ClusterLabel}={LabelValue(cluster)}");

    public ObjectQuery PartsOf(PersistenceId stream) => new(ns, $"{ClusterLabel}={LabelValue(cluster)},{StreamLabel}={Journal(stream)}");

    public ImmutableSortedDictionary<string, string> Labels { get; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal)
            .Add(ClusterLabel, LabelValue(cluster));

    /// <summary>The text itself where a label may hold it, else a hash of it.</summary>
    public static string LabelValue(string text) =>
        text.Length is > 0 and <= 63 && char.IsAsciiLetterOrDigit(text[0]) && char.IsAsciiLetterOrDigit(text[^1])
            && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? text
            : $"hash-{Hash(text, NameHashBytes)}";

    public static string Name(string readable, string real)
    {
        var text = new StringBuilder();
        foreach (var c in readable)
        {
            if (text.Length == ReadableChars)
                break;
            if (char.IsAsciiLetterOrDigit(c))
                text.Append(char.ToLowerInvariant(c));
            else if (text.Length > 0 && text[^1] != '-')
                text.Append('-');
        }
        while (text.Length > 0 && text[^1] == '-')
            text.Length--;
        return text.Length == 0 ? Hash(real, NameHashBytes) : text.Append('-').Append(Hash(real, NameHashBytes)).ToString();
    }

    /// <summary>Of a part's whole content, what it was written after included: two that differ never share a name.</summary>
    public static string Digest(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, DigestBytes));

    private static string Hash(string text, int bytes) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, bytes));
}
