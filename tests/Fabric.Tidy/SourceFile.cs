namespace Fabric.Tidy;

/// <summary>One file of the tree, read whole.</summary>
/// <param name="Path">Relative to the root, with <c>/</c>, as it is written in a finding.</param>
/// <param name="FullPath">Where it is on this machine.</param>
public sealed record SourceFile(string Path, string FullPath)
{
    private readonly Lazy<string> _text = new(() => File.ReadAllText(FullPath));

    public string Text => _text.Value;

    public string[] Lines => Text.Split('\n');

    /// <summary>The line, counted from 1, that holds the character at <paramref name="index"/>.</summary>
    public int LineOf(int index) => Text.AsSpan(0, index).Count('\n') + 1;
}
