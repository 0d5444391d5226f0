using System.Runtime.InteropServices;

namespace Fabric.Linux.Nftables;

/// <summary>libnftables(3), of nftables 0.9 and later.</summary>
internal static partial class NftLibrary
{
    private const string Name = "libnftables.so.1";

    public const uint OutputJson = 1 << 4;

    [LibraryImport(Name, EntryPoint = "nft_ctx_new")]
    public static partial nint NewContext(uint flags);

    [LibraryImport(Name, EntryPoint = "nft_ctx_free")]
    public static partial void FreeContext(nint context);

    [LibraryImport(Name, EntryPoint = "nft_ctx_buffer_output")]
    public static partial int BufferOutput(nint context);

    [LibraryImport(Name, EntryPoint = "nft_ctx_buffer_error")]
    public static partial int BufferError(nint context);

    [LibraryImport(Name, EntryPoint = "nft_ctx_get_output_buffer")]
    public static partial nint GetOutput(nint context);

    [LibraryImport(Name, EntryPoint = "nft_ctx_get_error_buffer")]
    public static partial nint GetError(nint context);

    [LibraryImport(Name, EntryPoint = "nft_ctx_output_set_flags")]
    public static partial void SetOutputFlags(nint context, uint flags);

    [LibraryImport(Name, EntryPoint = "nft_ctx_set_dry_run")]
    public static partial void SetDryRun(nint context, byte dryRun);

    [LibraryImport(Name, EntryPoint = "nft_run_cmd_from_buffer", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Run(nint context, string commands);
}
