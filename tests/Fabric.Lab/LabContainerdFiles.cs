using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;

namespace Fabric.Lab;

/// <summary>What a containerd of the lab reads: its configuration, and the image of sandboxes.</summary>
internal static class LabContainerdFiles
{
    internal const string PauseImage = "localhost/fab-pause:1";

    private const string Busybox = "/bin/busybox";

    /// <summary>
    /// Everything that it keeps is in the folder. What a container may not do is left out (AppArmor, oom_score_adj), and so is what a
    /// file system may not offer: the native snapshotter copies.
    /// </summary>
    internal static string Configuration(string folder, string cniBinDir, string cniConfDir) => $$"""
        version = 2
        root = "{{folder}}/root"
        state = "{{folder}}/state"
        disabled_plugins = [
          "io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
          "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.overlayfs", "io.containerd.snapshotter.v1.zfs",
          "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing",
        ]
        [grpc]
          address = "{{folder}}/containerd.sock"
        [ttrpc]
          address = "{{folder}}/containerd.sock.ttrpc"
        [plugins."io.containerd.grpc.v1.cri"]
          sandbox_image = "{{PauseImage}}"
          disable_apparmor = true
          disable_tcp_service = true
          restrict_oom_score_adj = true
          netns_mounts_under_state_dir = true
          [plugins."io.containerd.grpc.v1.cri".containerd]
            snapshotter = "native"
            default_runtime_name = "runc"
            [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
              runtime_type = "io.containerd.runc.v2"
              [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
                Root = "{{folder}}/runc"
                SystemdCgroup = false
          [plugins."io.containerd.grpc.v1.cri".cni]
            bin_dir = "{{cniBinDir}}"
            conf_dir = "{{cniConfDir}}"

        """;

    /// <summary>Writes the image as <c>docker save</c> does: one layer with one program, which sleeps.</summary>
    internal static void WritePauseImage(string file)
    {
        using var layer = new MemoryStream();
        Write(layer, ("busybox", File.ReadAllBytes(Busybox)));
        var digest = Convert.ToHexStringLower(SHA256.HashData(layer.ToArray()));
        var configuration = $$$"""
            {"architecture":"amd64","os":"linux","config":{"Entrypoint":["/busybox","sleep","infinity"]},
            "rootfs":{"type":"layers","diff_ids":["sha256:{{{digest}}}"]}}
            """;
        var manifest = $$"""[{"Config":"config.json","RepoTags":["{{PauseImage}}"],"Layers":["layer.tar"]}]""";
        using var image = File.Create(file);
        Write(image, ("layer.tar", layer.ToArray()),
            ("config.json", Encoding.UTF8.GetBytes(configuration)), ("manifest.json", Encoding.UTF8.GetBytes(manifest)));
    }

    private static void Write(Stream archive, params (string Name, byte[] Content)[] files)
    {
        using var writer = new TarWriter(archive, TarEntryFormat.Ustar, leaveOpen: true);
        foreach (var (name, content) in files)
        {
            writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name)
            {
                DataStream = new MemoryStream(content),
                Mode = UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute,
            });
        }
    }
}
