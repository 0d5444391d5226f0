namespace Fabric.Node.Install;

/// <summary>Files that have their old content or their new one, whatever happens in between.</summary>
internal static class AtomicFile
{
    public const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public const UnixFileMode Readable = Private | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    public const UnixFileMode Executable =
        Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Writes beside, syncs, and renames, which replaces also a program that is being executed.</summary>
    /// <exception cref="IOException">The old content is still there.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content, UnixFileMode mode)
    {
        // A runtime reads every *.conf and *.conflist of its directory, so the name ends otherwise.
        var beside = BesideOf(path);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = mode };
        using (var file = new FileStream(beside, options))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }
        // The mode at creation is cut by the umask, and an earlier attempt's file keeps its own.
        File.SetUnixFileMode(beside, mode);
        File.Move(beside, path, overwrite: true);
    }

    /// <summary>Where the new content is while it is written; a crash may leave it.</summary>
    public static string BesideOf(string path) => $"{path}.fabric-new";

    /// <summary>Whether it has that content and mode already.</summary>
    public static bool Is(string path, ReadOnlySpan<byte> content, UnixFileMode mode) =>
        File.Exists(path) && File.GetUnixFileMode(path) == mode && new FileInfo(path).Length == content.Length
        && File.ReadAllBytes(path).AsSpan().SequenceEqual(content);
}
