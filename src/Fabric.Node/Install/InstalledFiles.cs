using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fabric.Node.Install;

/// <summary>What the agent has written outside its own directories, so that exactly that can be removed again.</summary>
/// <remarks>
/// A file is noted before it is written: a crash in between leaves a note without a file, never a file that nobody knows of. Of each
/// file all contents are noted that may be there, by their SHA-256.
/// </remarks>
public sealed class InstalledFiles(string stateDir)
{
    private const string FileName = "installed.json";

    private string NotePath => Path.Combine(stateDir, FileName);

    /// <exception cref="IOException">It can't be read.</exception>
    public ImmutableSortedDictionary<string, ImmutableArray<string>> Read()
    {
        if (!File.Exists(NotePath))
            return ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(NotePath), InstalledJson.Default.ImmutableSortedDictionaryStringImmutableArrayString)
                ?? ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty;
        }
        catch (JsonException e)
        {
            throw new IOException($"{NotePath} is damaged: {e.Message}", e);
        }
    }

    /// <summary>Notes that a file is about to have this content.</summary>
    /// <exception cref="IOException">It can't be written: then the file must not be either.</exception>
    public void WillBe(string path, ReadOnlySpan<byte> content)
    {
        var noted = Read();
        var digest = Digest(content);
        var before = noted.GetValueOrDefault(path, []);
        if (!before.Contains(digest))
            Write(noted.SetItem(path, [.. before, digest]));
    }

    /// <summary>Removes what was noted and is as it was noted.</summary>
    /// <param name="report">Told of each file, in a sentence.</param>
    /// <returns>Whether nothing that was noted is left.</returns>
    /// <exception cref="IOException">Something can't be read or removed.</exception>
    public bool Remove(Action<string> report)
    {
        var isAllGone = true;
        foreach (var (path, digests) in Read())
        {
            if (!Directory.Exists(Path.GetDirectoryName(path)))
            {
                report($"{path} may be left: its directory is not there; run this where the agent ran, with the same mounts");
                isAllGone = false;
                continue;
            }
            File.Delete(AtomicFile.BesideOf(path));
            if (File.Exists(path) && !digests.Contains(Digest(File.ReadAllBytes(path))))
            {
                report($"{path} is left: somebody has changed it since Fabric wrote it");
                isAllGone = false;
                continue;
            }
            if (File.Exists(path))
            {
                File.Delete(path);
                report($"{path} removed");
            }
            Write(Read().Remove(path));
        }
        if (isAllGone && File.Exists(NotePath))
            File.Delete(NotePath);
        return isAllGone;
    }

    private void Write(ImmutableSortedDictionary<string, ImmutableArray<string>> noted) => AtomicFile.Write(
        NotePath, JsonSerializer.SerializeToUtf8Bytes(noted, InstalledJson.Default.ImmutableSortedDictionaryStringImmutableArrayString),
        AtomicFile.Private);

    private static string Digest(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));
}

[JsonSourceGenerationOptions(WriteIndented = true)]
[JsonSerializable(typeof(ImmutableSortedDictionary<string, ImmutableArray<string>>))]
internal sealed partial class InstalledJson : JsonSerializerContext;
